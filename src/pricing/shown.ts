import type { PriceVersion } from './definition.ts'
import { definitionTitle } from './describe.ts'

type Shown = Omit<PriceVersion, 'id' | 'book'>

/** What a version looks like to callers. */
export const shownVersion = (version: Shown, nameOf: (of: Shown) => string) => ({
  kind: version.kind,
  service: version.service,
  subtype: version.subtype,
  component: version.component,
  for: nameOf(version),
  validFrom: new Date(version.validFrom).toISOString(),
  says: definitionTitle(version),
  definition: version.definition as unknown,
})
