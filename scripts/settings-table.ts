/** Writes the table of settings in the README from the schema: node scripts/settings-table.ts */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { SETTINGS } from '../packages/server/src/config/config.ts'

const README = fileURLToPath(new URL('../README.md', import.meta.url))
const BETWEEN = /(<!-- settings: [^\n]*-->\n)[\s\S]*?(<!-- \/settings -->)/

/** The README with a fresh table in it. */
export function withSettings(readme: string): string {
  const rows = Object.values(SETTINGS).map(
    (setting) =>
      `| \`${setting.env}\` | ${setting.default.replaceAll('|', '\\|')} | ${setting.doc} |`,
  )
  const table = ['| variable | default | |', '|---|---|---|', ...rows].join('\n')
  return readme.replace(BETWEEN, (_all, open: string, close: string) => `${open}${table}\n${close}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(README, withSettings(await readFile(README, 'utf8')))
}
