import { walletsOf } from '../../credits/listing-commands.ts'
import type { Reader } from '../../database/reader.ts'
import { nanosFrom } from '../../values/money.ts'
import type { Account } from '../account/account.ts'
import { Sharing } from '../account/sharing-commands.ts'
import { projectsOf } from '../account/sql.ts'
import * as sql from './sql.ts'

/** What may be spent, and what is set aside for jobs. */
export type Funds = { readonly free: bigint; readonly held: bigint }

const none: Funds = { free: 0n, held: 0n }

function fundsOf({ posted, held }: { readonly posted: string; readonly held: string }): Funds {
  const aside = nanosFrom(held)
  return { free: nanosFrom(posted) - aside, held: aside }
}

/** As everything that ran out leaves it, ended or not. */
async function settledFunds(reader: Reader, payer: string, currency: string): Promise<Funds> {
  const [found] = await walletsOf(reader, { scope: null, payer, currency, after: null, limit: 1 })
  return found ? fundsOf(found.shown) : none
}

/** What accounts have now. Whoever asks at one time is told by one statement. */
export class Balances {
  readonly #funds: Sharing<string, Funds>
  readonly #projects: Sharing<string, readonly Account[]>
  readonly #all: Sharing<null, bigint>

  constructor(reader: Reader, currency: string) {
    this.#funds = new Sharing(async (owners) => {
      const found = new Map<string, Funds>()
      for (const row of await sql.funds(reader, owners, currency)) {
        found.set(row.owner, row.is_due ? await settledFunds(reader, row.owner, currency) : fundsOf(row))
      }
      return found
    })
    this.#projects = new Sharing<string, readonly Account[]>(async (labs) =>
      Map.groupBy(await projectsOf(reader, labs), ({ parent }) => parent ?? ''),
    )
    this.#all = new Sharing(
      async () => new Map([[null, nanosFrom((await sql.fundsOfAll(reader, currency))?.posted ?? '0')]]),
    )
  }

  async of(owner: string): Promise<Funds> {
    return (await this.#funds.of(owner)) ?? none
  }

  /** Of a virtual lab's projects that are enabled, the oldest first. */
  async ofProjects(lab: string): Promise<readonly { readonly id: string; readonly funds: Funds }[]> {
    const projects = ((await this.#projects.of(lab)) ?? []).filter(({ enabled }) => enabled)
    return await Promise.all(projects.map(async ({ id }) => ({ id, funds: await this.of(id) })))
  }

  /** All that accounts here have came from the system: it has so much less than nothing. */
  async ofSystem(): Promise<bigint> {
    return -((await this.#all.of(null)) ?? 0n)
  }
}
