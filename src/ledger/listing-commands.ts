export { postedByKind } from './listing/sql.ts'
