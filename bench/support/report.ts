/** One line of the table. */
export interface Row {
  what: string
  /** In words with its unit. */
  ours: string
  /** What the same outward work costs or yields where it is not Netra's; empty where nothing is. */
  against: string
  /** Median over the rounds of ours divided by what it is held against. */
  ratio?: number
  /** Half the distance between the quartiles of the rounds' ratios, as a share of the median. */
  spread?: number
  /** The same against a C program, where there is one. */
  c?: string
  goal?: Goal
}

/** Held against the ratio, or against `value` where one is given. */
export type Goal = ({ least: number } | { most: number }) & {
  value?: number
  /** The bound in words, where its number alone would not be understood. */
  text?: string
}

export interface Bench {
  name: string
  about: string
  /** @throws when what was counted does not add up: then no figure of it may be believed. */
  run(): Promise<Row[]>
}

const verdict = ({ ratio, goal }: Row): string => {
  const value = goal?.value ?? ratio
  if (goal === undefined || value === undefined) return ''
  const [met, sign, bound] =
    'least' in goal ? [value >= goal.least, '≥', goal.least] : [value <= goal.most, '≤', goal.most]
  return `${sign} ${goal.text ?? bound} ${met ? 'met' : 'MISSED'}`
}

const cells = (bench: string, row: Row): string[] => [
  bench,
  row.what,
  row.ours,
  row.against,
  row.ratio?.toFixed(2) ?? '',
  row.spread === undefined ? '' : `± ${(row.spread * 100).toFixed(0)} %`,
  row.c ?? '',
  verdict(row),
]

const HEAD = ['bench', '', 'Netra', 'against', 'ratio', 'noise', 'C `send` loop', 'goal']

/** A Markdown table, so that a run can be pasted where it is quoted. Empty columns are left out. */
export function table(benches: readonly { name: string; rows: readonly Row[] }[]): string {
  const body = benches.flatMap(({ name, rows }) => rows.map((row) => cells(name, row)))
  const used = HEAD.flatMap((_, column) => (body.some((line) => line[column]) ? [column] : []))
  const lines = [HEAD, ...body].map((line) => used.map((column) => line[column] ?? ''))
  const widths = used.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0), 3),
  )
  const print = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = lines
  return [head, widths.map((width) => '-'.repeat(width)), ...rest].map(print).join('\n')
}

export const say = (line: string): boolean => process.stdout.write(`${line}\n`)

/** For what is under way, so that the table alone is standard output. */
export const note = (line: string): boolean => process.stderr.write(`  ${line}\n`)

export const thousands = (value: number): string => Math.round(value).toLocaleString('en')

export const milliseconds = (value: number): string =>
  `${value >= 10 ? value.toFixed(0) : value.toFixed(2)} ms`

export const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`
