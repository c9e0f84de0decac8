import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { COLUMN_NAMES, WORKLOAD_COLUMNS } from '../packages/server/src/agent/workload/columns.ts'
import { FORMATS } from '../packages/server/src/agent/workload/recognise.ts'
import { SPAN_ATTRIBUTES } from '../packages/server/src/spans/call-of-span.ts'

/** Writes the tables of docs/workload.md, which are made of the code's own data. */
const PAGE = fileURLToPath(new URL('../docs/workload.md', import.meta.url))

const code = (name: string): string => `\`${name}\``

const columns = (): string =>
  [
    '| column | type | unit | meaning |',
    '|---|---|---|---|',
    ...COLUMN_NAMES.map((name) => {
      const { sqlType, unit, meaning } = WORKLOAD_COLUMNS[name]
      return `| ${code(name)} | ${sqlType} | ${unit} | ${meaning} |`
    }),
  ].join('\n')

const formats = (): string =>
  [
    '| recognised as | by | what to know |',
    '|---|---|---|',
    ...FORMATS.map(({ name, needs, note = '' }) => {
      const by = needs.map((need) =>
        typeof need === 'string' ? code(need) : need.map(code).join(' or '),
      )
      return `| ${name} | ${by.join(', ')} | ${note} |`
    }),
  ].join('\n')

const spans = (): string =>
  [
    '| column | attribute, the first that is there |',
    '|---|---|',
    ...Object.entries(SPAN_ATTRIBUTES).map(
      ([column, names]) => `| ${code(column)} | ${names.map(code).join(', ')} |`,
    ),
    '',
    'Time and latency are the span’s own; its status is an error where it says so or has an `error.type`.',
  ].join('\n')

const TABLES: Record<string, () => string> = { columns, formats, spans }

/** The page with its tables as the code has them. */
export function withTables(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const between = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`)
    return text.replace(between, () => `<!-- ${name} -->\n${table()}\n<!-- /${name} -->`)
  }, page)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8')))
