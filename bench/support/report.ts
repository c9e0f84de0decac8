/** One line of the table. */
export interface Row {
  what: string
  /** In words with its unit; an absolute figure is for information, never a goal. */
  ours: string
  bare: string
  /** Median over the rounds of ours divided by bare. */
  ratio?: number
  /** Half the distance between the quartiles of the rounds' ratios, as a share of the median. */
  spread?: number
  goal?: { least: number } | { most: number }
}

export interface Bench {
  name: string
  about: string
  run(): Promise<Row[]>
}

const verdict = ({ ratio, goal }: Row): string => {
  if (ratio === undefined || goal === undefined) return ''
  const [met, text] =
    'least' in goal
      ? [ratio >= goal.least, `≥ ${goal.least}`]
      : [ratio <= goal.most, `≤ ${goal.most}`]
  return `${text} ${met ? 'met' : 'MISSED'}`
}

const cells = (row: Row): string[] => [
  row.what,
  row.ours,
  row.bare,
  row.ratio?.toFixed(2) ?? '',
  row.spread === undefined ? '' : `± ${(row.spread * 100).toFixed(0)} %`,
  verdict(row),
]

/** A Markdown table, so that a run can be pasted where it is quoted. */
export function table(rows: readonly Row[]): string {
  const lines = [['', 'Netra', 'bare', 'ratio', 'noise', 'goal'], ...rows.map(cells)]
  const widths = lines[0]?.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0), 3),
  )
  const print = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = lines
  const rule = head.map((_, column) => '-'.repeat(widths?.[column] ?? 3))
  return [head, rule, ...body].map(print).join('\n')
}

export const say = (line: string): boolean => process.stdout.write(`${line}\n`)

/** For what is under way, so that the table alone is standard output. */
export const note = (line: string): boolean => process.stderr.write(`  ${line}\n`)

export const thousands = (value: number): string => Math.round(value).toLocaleString('en')
