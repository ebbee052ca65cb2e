import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { type There, withQuery } from '../terminal/there.ts'
import { numbered, numberOf } from '../values/id.ts'
import { localText } from '../values/period.ts'
import { Refusal } from '../values/refusal.ts'
import type { PriceVersion } from './definition.ts'
import { definitionText, scopeText } from './describe.ts'
import { holdsNow, readBook, type ShownPrice } from './read-commands.ts'

export type ListOptions = { all?: boolean; service?: string }

export const title = ({ service, subtype, component }: Pick<PriceVersion, 'service' | 'subtype' | 'component'>) =>
  [service, ...(subtype === '*' ? [] : [subtype]), ...(component === '*' ? [] : [component])].join(' ')

export const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())

export const document = ({ id, validFrom, ...version }: PriceVersion) => ({
  id: numbered('price', id),
  ...version,
  scope: scopeText(version),
  validFrom: iso(validFrom),
})

/** `bursar prices list` */
export async function listVersions(door: Door<House>, there: There | undefined, options: ListOptions): Promise<void> {
  const { all, service } = options
  if (there) {
    const path = withQuery('/api/v1/prices', { ...(all && { all: 'true' }), ...(service !== undefined && { service }) })
    const versions = (await there.all(path)) as unknown as ShownPrice[]
    sayVersions(door, versions, (await door.setting('BURSAR_ZONE')) as string, options)
    door.answer({ versions })
    return
  }
  const house = await door.house()
  const { versions, revision, show } = await readBook(house.database.pool, null)
  const wanted = versions
    .filter((held) => all || holdsNow(held))
    .filter(({ version }) => service === undefined || version.service === service)
  sayVersions(door, wanted.map(show), house.zone, options)
  door.answer({
    revision,
    versions: wanted.map((held) => ({ ...document(held.version), ...show(held) })),
  })
}

const noPrice = (service: string, all: boolean) =>
  all
    ? `No price of service “${service}”: bursar prices list --all shows those of every service.`
    : `No price of service “${service}” holds now: with --all those of other times are listed too.`

function sayVersions(
  door: Door<House>,
  versions: readonly ShownPrice[],
  zone: string,
  { all, service }: ListOptions,
): void {
  if (versions.length === 0) {
    if (service !== undefined) door.say(noPrice(service, all === true))
    else door.say('No prices yet. Set some with: bursar prices set FILE (demo/prices.yaml is an example)')
    return
  }
  const rows = versions.map((version) => [
    version.id,
    title(version),
    version.for,
    localText(Date.parse(version.validFrom), zone),
    version.until === null ? '' : localText(Date.parse(version.until), zone),
    version.says,
    [version.state === 'now' ? '' : version.state, version.used ? 'used' : ''].filter(Boolean).join(', '),
  ])
  door.table(
    rows,
    ['id', 'of', 'for', 'from', 'to', 'says', 'remark'].map((name) => ({ title: name })),
  )
}

/** `bursar prices show` */
export async function showVersion(door: Door<House>, there: There | undefined, id: string): Promise<void> {
  const wanted = /^\d+$/.test(id) ? numbered('price', id) : id
  const unknown = new Refusal(`there is no price version ${id}`, 'bursar prices list --all prints their ids')
  if (numberOf('price', wanted) === undefined) throw unknown
  if (there) {
    const shown = (await there.find(`/api/v1/prices/${wanted}`)) as unknown as ShownPrice | undefined
    if (!shown) throw unknown
    sayVersion(door, shown, (await door.setting('BURSAR_ZONE')) as string)
    door.answer(shown)
    return
  }
  const house = await door.house()
  const { versions, show } = await readBook(house.database.pool, null)
  const held = versions.find(({ version }) => wanted === numbered('price', version.id))
  if (!held) throw unknown
  const shown = show(held)
  sayVersion(door, shown, house.zone)
  door.answer({ ...document(held.version), ...shown })
}

function sayVersion(door: Door<House>, shown: ShownPrice, zone: string): void {
  const at = (text: string) => localText(Date.parse(text), zone)
  door.say(`${shown.id}  ${shown.kind} of ${title(shown)} for ${shown.for}`)
  door.say(`from ${at(shown.validFrom)}${shown.until === null ? '' : ` to ${at(shown.until)}`}`)
  door.say(shown.used ? 'has priced usage: it never changes' : 'has priced nothing yet: it may still be replaced')
  door.say(`\n${definitionText({ definition: shown.definition as PriceVersion['definition'] })}`)
}
