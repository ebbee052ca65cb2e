/** What was asked for as JSON, which operations keep a digest of. */
export const asTold = (given: object): unknown =>
  JSON.parse(
    JSON.stringify(given, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ) as unknown
