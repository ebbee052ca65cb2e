import { Type } from 'typebox'
import { pageOf, pageQuery } from '../http/paging.ts'
import { closed, Name, nullable, oneOf, partyId } from '../http/schemas.ts'

const Origin = oneOf(['import', 'usage'], { description: 'import: the operator said so; usage: first met in usage' })
const Tier = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,39}$',
  description: 'a word of letters, digits, - and _, at most 40',
  examples: ['default'],
})
const Payment = oneOf(['prepaid', 'postpaid'])
const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$',
  description: 'an e-mail address of at most 254 characters',
})

export const Organisation = closed(
  { id: partyId('org'), name: Type.String(), tier: Type.String(), origin: Origin },
  'Organisation',
)
export const Project = closed(
  {
    id: partyId('prj'),
    name: Type.String(),
    organisation: partyId('org'),
    organisationName: Type.String(),
    tier: Type.String({ description: 'of its organisation: it chooses the prices' }),
    payment: Payment,
    origin: Origin,
  },
  'Project',
)
export const Person = closed(
  { id: partyId('per'), name: Type.String(), email: nullable(Type.String()), origin: Origin },
  'Person',
)
export const Provider = closed({ id: partyId('prv'), name: Type.String(), origin: Origin }, 'Provider')

export const Organisations = pageOf(Organisation, 'Organisations')
export const Projects = pageOf(Project, 'Projects')
export const People = pageOf(Person, 'People')
export const Providers = pageOf(Provider, 'Providers')

export const ListQuery = closed(pageQuery)
export const ProjectsQuery = closed({ ...pageQuery, organisation: Type.Optional(partyId('org')) })
export const PeopleQuery = closed({ ...pageQuery, project: Type.Optional(partyId('prj')) })

export const NewOrganisation = closed({ name: Name, tier: Type.Optional(Tier) }, 'NewOrganisation')
export const NewProject = closed(
  { name: Name, organisation: partyId('org'), payment: Type.Optional(Payment) },
  'NewProject',
)
export const NewPerson = closed({ name: Name, email: Type.Optional(Email) }, 'NewPerson')
export const NewProvider = closed({ name: Name }, 'NewProvider')
export const Made = closed({ id: Type.String({ description: 'of what was made' }) }, 'PartyMade')

export const OrganisationChange = Type.Object({ tier: Tier }, { additionalProperties: false })
export const ProjectChange = Type.Object(
  { payment: Type.Optional(Payment), organisation: Type.Optional(partyId('org')) },
  { additionalProperties: false, minProperties: 1 },
)
export const PersonChange = Type.Object({ email: Email }, { additionalProperties: false })
export const Changed = closed(
  {
    id: Type.String(),
    changed: Type.Array(
      Type.Object({ field: Type.String(), from: Type.Optional(Type.String()), to: Type.Optional(Type.String()) }),
      { description: 'empty when it was so already' },
    ),
  },
  'PartyChanged',
)

const OtherNames = Type.Array(Type.String({ minLength: 1, maxLength: 401 }), {
  maxItems: 100,
  description: 'other names: `source=name`, or a name alone for any source',
})
const Row = closed(
  {
    organisation: Type.Optional(Name),
    tier: Type.Optional(Tier),
    project: Type.Optional(Name),
    payment: Type.Optional(Payment),
    projectNames: Type.Optional(OtherNames),
    person: Type.Optional(Name),
    email: Type.Optional(Email),
    personNames: Type.Optional(OtherNames),
    provider: Type.Optional(Name),
    providerNames: Type.Optional(OtherNames),
  },
  'PartyRow',
)
export const ImportBody = closed({ rows: Type.Array(Row, { minItems: 1, maxItems: 5000 }) }, 'PartyImport')
export const ImportText = Type.String({ description: 'the same as CSV, with a line that names the columns' })
export const ImportQuery = closed({
  dryRun: Type.Optional(Type.Boolean({ description: 'say what would change, and change nothing' })),
})
const Counts = Type.Record(Type.String(), Type.Integer())
export const ImportAnswer = closed(
  {
    added: Counts,
    changed: Counts,
    unchanged: Type.Integer(),
    terms: Type.Array(
      Type.Object({ party: Type.String(), field: Type.String(), from: Type.String(), to: Type.String() }),
      { description: 'tiers and ways of payment that change: they hold for what is rated from now on' },
    ),
  },
  'PartiesImported',
)
