import { cutTo, padTo, printable, widthOf } from './width.ts'

export type Column = {
  readonly title: string
  /** Numbers stand to the right, so that their places stand under each other. */
  readonly align?: 'left' | 'right'
}

const gap = '  '
/** A text column is not cut shorter than this; then the rows become blocks. */
const narrowestColumn = 10

/**
 * Rows under their titles. On a terminal that is too narrow the widest texts are cut first (numbers never),
 * and when that is not enough each row becomes a block of `title  value` lines. Without `columnsMax` (a file,
 * a pipe) nothing is cut.
 */
export function table(rows: readonly (readonly string[])[], columns: readonly Column[], columnsMax?: number): string {
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')))
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[index] as string))),
  )
  if (columnsMax !== undefined && !shrink(widths, columns, columnsMax)) return blocks(cells, columns)
  const line = (row: readonly string[]) =>
    columns
      .map((column, index) => {
        const width = widths[index] as number
        return padTo(cutTo(row[index] as string, width), width, column.align ?? 'left')
      })
      .join(gap)
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join(gap)
  return [line(columns.map((column) => column.title)), rule, ...cells.map(line)].join('\n')
}

/** Takes columns away from the widest text until the line fits; false when it cannot fit. */
function shrink(widths: number[], columns: readonly Column[], columnsMax: number): boolean {
  const lineWidth = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1))
  while (lineWidth() > columnsMax) {
    let widest = -1
    for (const [index, width] of widths.entries()) {
      const cuttable = columns[index]?.align !== 'right' && width > narrowestColumn
      if (cuttable && (widest < 0 || width > (widths[widest] as number))) widest = index
    }
    if (widest < 0) return false
    widths[widest] = (widths[widest] as number) - 1
  }
  return true
}

function blocks(cells: readonly (readonly string[])[], columns: readonly Column[]): string {
  const titleWidth = Math.max(...columns.map((column) => widthOf(column.title)))
  return cells
    .map((row) =>
      columns
        .map(({ title }, index) => `${padTo(title, titleWidth, 'left')}${gap}${row[index]}`.trimEnd())
        // What has no title is a remark: where there is none, there is nothing to show.
        .filter((_, index) => columns[index]?.title !== '' || row[index] !== '')
        .join('\n'),
    )
    .join('\n\n')
}
