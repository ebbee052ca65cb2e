export type Given = { readonly method: string; readonly path: string; readonly type?: string; readonly body: string }

const rows = [
  { organisation: 'lab', tier: 'gov', project: 'chem', payment: 'prepaid', person: 'ada', email: 'ada@example.org' },
  { organisation: 'lab', project: 'bio', person: 'bob', provider: 'cluster' },
]

const prices = `prices:
  - { service: slurm, component: cpu, from: 2020-01-01, currency: THB, quantity: cpu_core_seconds, flat: { price: 1, per: 3600 } }
  - { service: llm, component: use, from: 2020-01-01, currency: CREDIT, quantity: elapsed_seconds, flat: { price: 1 } }
  - { service: slurm, component: cpu, tier: mu, from: 2020-01-01, currency: THB, quantity: cpu_core_seconds, flat: { price: 2, per: 3600 } }
`

/** What there must be before anything can succeed: parties, and prices. */
export const seed: readonly Given[] = [
  { method: 'POST', path: '/api/v1/parties/import', body: JSON.stringify({ rows }) },
  { method: 'POST', path: '/api/v1/prices/set', type: 'application/yaml', body: prices },
  ...['CREDIT', 'CREDIT', 'THB', 'THB'].map((currency) => ({
    method: 'POST',
    path: '/api/v1/grants',
    body: JSON.stringify({ payer: 'chem', amount: '50', currency, origin: 'gift' }),
  })),
  // Above the limit: they wait for a second person.
  ...Array.from({ length: 6 }, () => ({
    method: 'POST',
    path: '/api/v1/grants',
    body: JSON.stringify({ payer: 'chem', amount: '60', currency: 'CREDIT', origin: 'gift' }),
  })),
  { method: 'POST', path: '/api/v1/usage', body: JSON.stringify({ records: [usage('bio'), usage('chem')] }) },
]

function usage(project: string) {
  const times = { startsAt: '2026-10-01T00:00:00Z', endsAt: '2026-10-01T01:00:00Z' }
  const what = { service: 'slurm', quantities: { cpu_core_seconds: '3600' } }
  return { id: `job of ${project}`, project, provider: 'cluster', ...times, ...what }
}
