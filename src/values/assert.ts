/** A bug, not a refusal: what is asserted cannot be false unless the program is wrong. Runs in a browser too. */
export function assert(condition: unknown, message = 'this cannot be'): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}
