import { areNumbers, keptTogether } from '../timeline/kept-together.ts'

/** As much of a tree of HTML as is looked at here. */
interface Node {
  type: string
  value?: string
  tagName?: string
  properties?: Record<string, unknown>
  children?: Node[]
}

/** Numbers of an answer: none is torn from its percent sign, and columns of them end at the right. */
export const rehypeNumbers = () => visit

function visit(node: Node): void {
  if (node.tagName === 'code' || node.tagName === 'pre') return
  if (node.type === 'text' && node.value !== undefined) node.value = keptTogether(node.value)
  for (const child of node.children ?? []) visit(child)
  if (node.tagName === 'table') alignNumbers(node)
}

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
