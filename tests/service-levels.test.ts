import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { ALERTS } from '../packages/server/src/service-levels/alerts.ts'
import { SERVICE_LEVELS } from '../packages/server/src/service-levels/levels.ts'
import { MADE } from '../scripts/service-levels.ts'
import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { openProgram } from './support/sdk.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFile(join(ROOT, path), 'utf8')
const RUNBOOKS = 'docs/operate/runbooks'

let netra: NetraProcess
let text: string

/** A server in use: what nobody has done yet has no numbers. */
beforeAll(async () => {
  netra = await startNetra({ env: { NETRA_REGISTRATION: 'open' } })
  using program = await openProgram(netra.url)
  const { threadId } = await program.ask('what is 2 + 2?')
  await program.ask('and 3 + 3?', { threadId })
  text = await (await fetch(`${netra.url}/metrics`)).text()
})

afterAll(() => netra[Symbol.asyncDispose]())

/** Metrics, as PromQL or a page names them. */
const namesIn = (source: string): string[] => [
  ...new Set(source.match(/\b(?:netra|nodejs|process)_[a-z0-9_]+\b/g)),
]

/** Of what the server tells; a histogram has three kinds of lines. */
function isServed(name: string): boolean {
  const family = name.replace(/_(?:bucket|sum|count)$/, '')
  return text.includes(`# TYPE ${name} `) || text.includes(`# TYPE ${family} histogram`)
}

test.for(Object.keys(MADE))(
  '%s is what the data say (node scripts/service-levels.ts)',
  async (path) => {
    expect(await read(path)).toBe(MADE[path]?.())
  },
)

test('every bound of a service level is a bucket of its metric', () => {
  for (const { source } of SERVICE_LEVELS) {
    if (source.kind !== 'duration') continue
    expect(text).toMatch(new RegExp(`^${source.metric}_bucket\\{[^}]*le="${source.withinMs}"`, 'm'))
  }
})

test('every metric that rules, dashboard and pages name exists in a running server', async () => {
  const pages = (await readdir(join(ROOT, RUNBOOKS))).map((name) => `${RUNBOOKS}/${name}`)
  const files = [...Object.keys(MADE), ...pages, 'docs/operate/dashboard.md']
  const missing: string[] = []
  for (const file of files) {
    for (const name of namesIn(await read(file))) {
      if (!isServed(name) && !ONLY_SOMETIMES.has(name)) missing.push(`${file}: ${name}`)
    }
  }
  expect(missing).toEqual([])
})

/** Of PostgreSQL alone, or no metric: a name of a group. */
const ONLY_SOMETIMES = new Set(['netra_store_waiting', 'netra_store_leaked', 'netra_store_in_use'])

test('every label that a rule selects by has been seen with that name', () => {
  const unseen = ALERTS.flatMap(({ expr }) =>
    [...expr.matchAll(/(netra_\w+)\{([^}]*)\}/g)].flatMap(([, metric, labels = '']) =>
      [...labels.matchAll(/(\w+)=/g)]
        .map(([, label]) => label)
        .filter((label) => !new RegExp(`^${metric}\\{[^}]*\\b${label}="`, 'm').test(text))
        .map((label) => `${metric} by ${label}`),
    ),
  )
  expect(unseen).toEqual([])
})

test('every alert has a page that says symptom, confirmation, causes and what to do', async () => {
  const lacking: string[] = []
  for (const { runbook } of [...ALERTS, ...SERVICE_LEVELS]) {
    const path = `${RUNBOOKS}/${runbook}.md`
    const page = existsSync(join(ROOT, path)) ? await read(path) : ''
    for (const part of ['## Symptom', '## How to confirm', '## Causes', '## What to do']) {
      if (!page.includes(part)) lacking.push(`${path}: ${part}`)
    }
  }
  expect(lacking).toEqual([])
})

test('no page of a runbook is without an alert', async () => {
  const known = new Set(ALERTS.map(({ runbook }) => `${runbook}.md`))
  const pages = await readdir(join(ROOT, RUNBOOKS))
  expect(pages.filter((page) => !known.has(page))).toEqual([])
})

test('the names of alerts are told apart', () => {
  expect(new Set(ALERTS.map(({ name }) => name)).size).toBe(ALERTS.length)
})
