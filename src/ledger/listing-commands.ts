export { movedFor, postedByKind, walletUsage } from './listing/sql.ts'
