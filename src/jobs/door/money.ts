import { divideHalfEven, fixedText } from '../../values/decimal.ts'

const cent = 10_000_000n

/** In nanos still, with two places. */
export const roundedTo2 = (nanos: bigint): bigint => divideHalfEven(nanos, cent) * cent

/** As balances and estimates are shown: exactly two places, half to the even neighbour. */
export const text2 = (nanos: bigint): string => fixedText(divideHalfEven(nanos, cent), 2)
