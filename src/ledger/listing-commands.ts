export { movedFor, postedByKind } from './listing/sql.ts'
