import { type Currency, isCurrency } from './money.ts'

const published: readonly Currency[] = [...Intl.supportedValuesOf('currency'), 'CREDIT']

/** What wallets may be in: the currencies of ISO 4217, credits, and the site's own units. */
export const currenciesWith = (own: readonly Currency[]): ReadonlySet<Currency> => new Set([...published, ...own])

/** Reads `GPUH,TOKEN`; undefined when one of them has not the form of a code. */
export function currenciesIn(text: string): readonly Currency[] | undefined {
  const codes = text.split(',').map((code) => code.trim())
  return codes.every(isCurrency) ? codes : undefined
}
