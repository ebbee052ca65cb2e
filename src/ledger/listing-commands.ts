export { movedFor, paidFrom, postedByKind, walletUsage } from './listing/sql.ts'
