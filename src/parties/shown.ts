import { type Id, idOf, uuidOf, type UuidKind } from '../values/id.ts'
import type { OrganisationItem, PersonItem, ProjectItem, ProviderItem } from './listing/sql.ts'

/** What a party looks like to callers. */
export const shown = {
  organisation: ({ id, name, tier, origin }: OrganisationItem) => ({
    id: idOf('organisation', id) as string,
    name,
    tier,
    origin,
  }),
  project: ({ id, organisation, organisation_name, name, tier, payment, origin }: ProjectItem) => ({
    id: idOf('project', id) as string,
    name,
    organisation: idOf('organisation', organisation) as string,
    organisationName: organisation_name,
    tier,
    payment,
    origin,
  }),
  person: ({ id, name, email, origin }: PersonItem) => ({ id: idOf('person', id) as string, name, email, origin }),
  provider: ({ id, name, origin }: ProviderItem) => ({ id: idOf('provider', id) as string, name, origin }),
}

/** The UUID behind an id that a schema let in. */
export const uuidFrom = (id: string): string => uuidOf(id as Id<UuidKind>)

/** One party, as the page that holds only it. */
export const only = (scope: readonly string[] | null, id: string) => ({
  scope,
  only: uuidFrom(id),
  after: undefined,
  limit: 1,
  organisation: null,
  project: null,
})
