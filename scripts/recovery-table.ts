/** Writes the tables of docs/operate/recovery.md from what the code decides by: node scripts/recovery-table.ts */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import {
  BREAKER_OPENS,
  RECOVERY,
  type Recovery,
} from '../packages/server/src/platform/recovery/recovery-table.ts'

const PAGE = fileURLToPath(new URL('../docs/operate/recovery.md', import.meta.url))
const between = (name: string): RegExp =>
  new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->)`)

/** The page with fresh tables in it. */
export function withRecovery(page: string): string {
  return page
    .replace(between('recovery'), (_all, open: string, close: string) =>
      [open, recoveryTable(), '\n', close].join(''),
    )
    .replace(between('breakers'), (_all, open: string, close: string) =>
      [open, breakerTable(), '\n', close].join(''),
    )
}

function recoveryTable(): string {
  const rows = Object.values<Recovery>(RECOVERY).map((entry) => [
    entry.what,
    triedAgain(entry),
    entry.fallsBack ? 'yes' : '',
    entry.isUnwell ? 'yes' : '',
    entry.degradesTo ? `\`${entry.degradesTo}\`` : '',
    entry.mostInARow ? `${entry.stops}; after ${entry.mostInARow} in a row the run` : entry.stops,
    entry.told,
  ])
  return table(
    [
      'what fails',
      'tried again',
      'another model',
      'counts for the breaker',
      'steps back to',
      'else ends',
      'who asked is told',
    ],
    rows,
  )
}

function triedAgain({ retry, retryAfterMs, againMs }: Recovery): string {
  if (retry && retry.mostMs === 0)
    return `${retry.tries} tries in all, each by a process that lives`
  if (retry)
    return `${retry.tries} tries in all; waits up to ${inWords(retry.firstMs)}, doubling up to ${inWords(retry.mostMs)}`
  if (retryAfterMs) return `after ${retryAfterMs.map(inWords).join(', ')}`
  if (!againMs) return 'no'
  return againMs.first === againMs.most
    ? `every ${inWords(againMs.first)}`
    : `after ${inWords(againMs.first)}, doubling up to ${inWords(againMs.most)}`
}

const AROUND: Record<keyof typeof BREAKER_OPENS, string> = {
  model: 'each provider and model: `model:<provider>/<model>`',
  tool: 'each tool: `tool:<name>`',
  mcp: 'each MCP server: `mcp:<slug>:<id>`',
  auth: 'the auth service elsewhere: `service:auth`',
  smtp: 'the mail server: `service:smtp`',
  oidc: 'each sign-in provider: `service:oidc:<name>`',
}

const breakerTable = (): string =>
  table(
    ['around', 'opens after failures in a row', 'lets one call try after'],
    Object.entries(BREAKER_OPENS).map(([name, { failures, openMs }]) => [
      AROUND[name as keyof typeof AROUND],
      String(failures),
      inWords(openMs),
    ]),
  )

function inWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${ms / 1_000} s`
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(PAGE, withRecovery(await readFile(PAGE, 'utf8')))
}
