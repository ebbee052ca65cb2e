/** A site's GPU types and licences make meters of their own: `gpu_a100_seconds`, `licence_matlab_seconds`. */
const family = /^(gpu|licence)_[a-z0-9_]+_seconds$/

/** Whether a price may name this meter: it is declared, or one of a family that sites fill in. */
export const isMeter = (name: string, declared: ReadonlySet<string>): boolean => declared.has(name) || family.test(name)
