import type { Door } from './door.ts'

type Members = { readonly [member: string]: unknown }

/** Another Bursar that is asked over HTTP. What it refuses is thrown as a person reads it. */
export type There = {
  get(path: string): Promise<Members>
  /** Undefined where there is no such thing. */
  find(path: string): Promise<Members | undefined>
  /** The items of all pages of a list. */
  all(path: string): Promise<readonly Members[]>
}

/** Whom a command asks where BURSAR_URL and BURSAR_KEY say so; undefined: the database of this machine. */
export type ThereOf<House> = (door: Door<House>) => Promise<There | undefined>

/** A path with those of its queries that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}
