// What the doors take and answer, written by 'npm run client-types' from their contracts.

export type HoldRequest = {
  /** for which project: id or name */
  readonly project?: string
  /** who pays, where it is not the project: org_…, per_… or prj_… */
  readonly payer?: string
  /** an id or a name */
  readonly person?: string
  /** who earns: id or name; the site without it */
  readonly provider?: string
  /** a name of 1 to 100 letters, digits and . : / + @ _ - */
  readonly service: string
  /** a name of 1 to 100 letters, digits and . : / + @ _ - */
  readonly subtype?: string
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency?: string
  /** an exact decimal above zero as text, such as "4.37", below 1e15, with at most nine places */
  readonly amount?: string
  /** how much of each meter, such as { "cpu_core_seconds": "7200" } */
  readonly estimate?: { readonly [name: string]: string }
  readonly minutes?: number
  readonly seconds?: number
  /** usage beyond what is held: charge it all (as debt, if need be), charge it as far as credits go, or absorb it */
  readonly overrun?: 'charge' | 'charge-to-zero' | 'absorb'
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type Held = {
  /** an id such as res_42 */
  readonly id: string
  readonly state: 'held' | 'settled' | 'released' | 'expired'
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** what it still sets aside */
  readonly held: string
  /** what was settled so far */
  readonly charged: string
  /** a time of RFC 3339 */
  readonly until: string
  readonly payer: string
  /** what the payer may still hold or spend */
  readonly available: string
}

export type SettleRequest = {
  /** an exact decimal of zero or more as text, such as "4.37", below 1e15, with at most nine places */
  readonly amount?: string
  /** how much of each meter, such as { "cpu_core_seconds": "7200" } */
  readonly usage?: { readonly [name: string]: string }
  /** false: more will follow, and the reservation stays open. One that ran out is settled once: then this is the last, whatever it says, and the state of the answer is settled */
  readonly last?: boolean
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type Settled = {
  /** an id such as res_42 */
  readonly id: string
  readonly state: 'held' | 'settled' | 'released' | 'expired'
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** what it still sets aside */
  readonly held: string
  /** what was settled so far */
  readonly charged: string
  /** a time of RFC 3339 */
  readonly until: string
  readonly payer: string
  /** what this settling cost */
  readonly settled: string
  /** the part of it that nobody pays, by the overrun policy */
  readonly absorbed: string
  /** what went back to the wallet */
  readonly released: string
  /** what was held of credits whose time is over: nobody has it any more */
  readonly expired: string
  /** an id such as set_42 */
  readonly charge: string
}

export type Kept = {
  /** an id such as res_42 */
  readonly id: string
  readonly state: 'held' | 'settled' | 'released' | 'expired'
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** what it still sets aside */
  readonly held: string
  /** what was settled so far */
  readonly charged: string
  /** a time of RFC 3339 */
  readonly until: string
  readonly payer: string
  /** what the payer may still hold or spend */
  readonly available?: string
}

export type ExtendRequest = {
  readonly minutes?: number
  readonly seconds?: number
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type Released = {
  /** an id such as res_42 */
  readonly id: string
  readonly state: 'held' | 'settled' | 'released' | 'expired'
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** what it still sets aside */
  readonly held: string
  /** what was settled so far */
  readonly charged: string
  /** a time of RFC 3339 */
  readonly until: string
  readonly payer: string
  /** what went back to the wallet */
  readonly released: string
  /** what was held of credits whose time is over: nobody has it any more */
  readonly expired: string
}

export type Reservation = {
  /** an id such as res_42 */
  readonly id: string
  readonly state: 'held' | 'settled' | 'released' | 'expired'
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** what it still sets aside */
  readonly held: string
  /** what was settled so far */
  readonly charged: string
  /** a time of RFC 3339 */
  readonly until: string
  readonly payer: string
  /** what it held at first */
  readonly amount: string
  readonly project: string | null
  readonly person: string | null
  readonly provider: string
  readonly service: string
  readonly subtype: string
  readonly overrun: 'charge' | 'charge-to-zero' | 'absorb'
  /** a time of RFC 3339 */
  readonly at: string
  /** the quantities it was priced from */
  readonly estimate: { readonly [name: string]: string } | null
  /** an id such as op_42 */
  readonly operation: string
  /** what became of it, in order */
  readonly steps: readonly {
    readonly kind: 'grow' | 'extend' | 'settle' | 'release' | 'expire' | 'late'
    /** a time of RFC 3339 */
    readonly at: string
    /** what it holds more, or less, by this */
    readonly held: string
    /** an exact decimal */
    readonly charged: string
    /** an exact decimal */
    readonly absorbed: string
    /** a time of RFC 3339 */
    readonly until: string | null
    /** an id such as op_42 */
    readonly operation: string
  }[]
  readonly settlements: readonly {
    /** an id such as set_42 */
    readonly id: string
    /** an id such as res_42 */
    readonly reservation: string
    /** a time of RFC 3339 */
    readonly at: string
    /** a month such as 2026-11 */
    readonly period: string
    readonly payer: string
    readonly project: string | null
    readonly person: string | null
    readonly provider: string
    readonly service: string
    readonly subtype: string
    /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
    readonly currency: string
    /** an exact decimal */
    readonly amount: string
    /** an exact decimal */
    readonly absorbed: string
    /** quantities by meter; null when an amount was given */
    readonly usage: { readonly [name: string]: string } | null
    /** how it was priced */
    readonly lines: readonly unknown[]
    readonly bookRevision: number | null
    /** an id such as trf_42 */
    readonly transfer: string | null
    /** an id such as op_42 */
    readonly operation: string
  }[]
}

export type GrantRequest = {
  /** who pays: prj_…, org_…, per_…, or the name of a project */
  readonly payer: string
  /** an exact decimal above zero as text, such as "4.37", below 1e15, with at most nine places */
  readonly amount: string
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency?: string
  /** a word such as purchase, allocation or gift: at most 40 lower-case letters, digits and - */
  readonly origin: string
  /** a time of RFC 3339 on a day that there is, with its zone, such as 2026-11-01T08:00:00Z */
  readonly expiresAt?: string
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type Granted = {
  /** an id such as gra_42 */
  readonly id: string
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** an exact decimal */
  readonly amount: string
  readonly origin: string
  /** a time of RFC 3339 */
  readonly expiresAt: string | null
  /** an exact decimal */
  readonly available: string
}

export type MoveRequest = {
  /** who pays: prj_…, org_…, per_…, or the name of a project */
  readonly from: string
  /** who pays: prj_…, org_…, per_…, or the name of a project */
  readonly to: string
  /** an exact decimal above zero as text, such as "4.37", below 1e15, with at most nine places */
  readonly amount: string
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency?: string
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type Moved = {
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  /** an exact decimal */
  readonly amount: string
  /** what is available there from now on */
  readonly from: string
  /** what is available there from now on */
  readonly to: string
}

export type RefundRequest = {
  /** what was charged: set_…, res_…, chg_…, rec_…, or the name of a job */
  readonly of: string
  /** an exact decimal above zero as text, such as "4.37", below 1e15, with at most nine places */
  readonly amount: string
  /** the reason, not blank: it stands in the audit record */
  readonly reason: string
  /** answer what would happen, and change nothing; ids in the answer are of nothing */
  readonly dryRun?: boolean
}

export type RefundAnswer = {
  readonly of: string
  /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
  readonly currency: string
  readonly amount: string
  readonly reason: string
  /** what went back of each charge */
  readonly refunds: readonly {
    /** an id such as ref_42 */
    readonly id: string
    /** set_… or chg_… */
    readonly charge: string
    readonly amount: string
  }[]
}

export type Wallets = {
  readonly items: readonly {
    /** an id such as acc_42 */
    readonly id: string
    readonly payer: string
    /** an ISO 4217 code such as THB, CREDIT, or a unit of the site */
    readonly currency: string
    /** what was granted and not spent; below zero it is debt */
    readonly posted: string
    /** what open reservations set aside */
    readonly held: string
    /** what may still be held or spent: posted − held + creditLimit */
    readonly available: string
    /** what was spent beyond the limit, on record */
    readonly overrun: string
    /** how far it may go below zero */
    readonly creditLimit: string
    /** what is left of credits that expire, the soonest first */
    readonly lots: readonly {
      /** an id such as gra_42 */
      readonly grant: string
      /** a time of RFC 3339 */
      readonly expiresAt: string
      /** an exact decimal */
      readonly posted: string
      /** an exact decimal */
      readonly held: string
    }[]
  }[]
  /** the cursor of the next page; null at the end */
  readonly next: string | null
}
