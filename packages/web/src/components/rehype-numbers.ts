import { areNumbers, aroundDates, keptTogether } from '../timeline/kept-together.ts'

/** As much of a tree of HTML as is looked at here. */
interface Node {
  type: string
  value?: string
  tagName?: string
  properties?: Record<string, unknown>
  children?: Node[]
}

/** Numbers of an answer: none is torn apart, or from its percent sign, and columns of them end at the right. */
export const rehypeNumbers = () => visit

function visit(node: Node): void {
  if (node.tagName === 'code' || node.tagName === 'pre') return
  if (node.type === 'text' && node.value !== undefined) node.value = keptTogether(node.value)
  for (const child of node.children ?? []) visit(child)
  if (node.children) node.children = node.children.flatMap(withWholeDates)
  if (node.tagName === 'table') alignNumbers(node)
}

function withWholeDates(node: Node): Node[] {
  if (node.type !== 'text' || node.value === undefined) return [node]
  const pieces = aroundDates(node.value)
  if (pieces.length === 1) return [node]
  return pieces.map((value, index) =>
    index % 2 === 0 ? { type: 'text', value } : whole({ type: 'text', value }),
  )
}

const whole = (text: Node): Node => ({
  type: 'element',
  tagName: 'span',
  properties: { className: ['whole'] },
  children: [text],
})

function alignNumbers(table: Node): void {
  const rows = all(table, 'tr').map((row) => [...cellsOf(row)])
  const body = rows.filter((row) => row.every(({ tagName }) => tagName === 'td'))
  for (const [index, heading] of (rows[0] ?? []).entries()) {
    const cells = body.flatMap((row) => row[index] ?? [])
    // What the answer itself says of a column holds.
    const isSaid = heading.properties?.['align'] !== undefined
    if (isSaid || !areNumbers(cells.map(textOf))) continue
    for (const cell of [heading, ...cells]) cell.properties = { ...cell.properties, align: 'right' }
  }
}

const cellsOf = (row: Node): Node[] =>
  (row.children ?? []).filter(({ tagName }) => tagName === 'td' || tagName === 'th')

const all = (node: Node, tagName: string): Node[] =>
  (node.children ?? []).flatMap((child) =>
    child.tagName === tagName ? [child] : all(child, tagName),
  )

const textOf = (node: Node): string => node.value ?? (node.children ?? []).map(textOf).join('')
