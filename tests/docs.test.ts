import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { MAY_IMPORT } from '../packages/server/layers.ts'
import { withSettings } from '../scripts/settings-table.ts'
import { EVERYTHING, startObserved } from './isolation/observed-server.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFile(join(ROOT, path), 'utf8')

test("the README's table of settings is the schema's (node scripts/settings-table.ts)", async () => {
  const readme = await read('README.md')
  expect(readme).toBe(withSettings(readme))
})

test('the README names both commands, and they exist', async () => {
  const readme = await read('README.md')
  expect(readme).toContain('npm ci && npm start')
  expect(readme).toContain('npm ci && npm test')
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> }
  for (const name of ['start', 'test', 'check', 'format', 'bench', 'mutations'])
    expect(scripts[name]).toBeDefined()
})

test.for([
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'PROTOCOL.md',
  'bench/README.md',
  'docs/testing.md',
  'docs/hosts.md',
  'docs/accounts.md',
  'docs/http-api.md',
  'docs/limits.md',
  'packages/client/README.md',
])('every file that %s links to is there', async (path) => {
  const links = [...(await read(path)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
    (match) => match[1] ?? '',
  )
  const missing = links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))
  expect(missing).toEqual([])
})

test('every folder of the server stands in ARCHITECTURE.md', async () => {
  const architecture = await read('ARCHITECTURE.md')
  for (const folder of Object.keys(MAY_IMPORT)) expect(architecture).toContain(`  ${folder}/ `)
})

test('every route of the server stands in docs/http-api.md, and every route there is one', async () => {
  await using netra = await startObserved({ env: EVERYTHING })
  const served = netra.routes.filter((route) => !/^(HEAD|OPTIONS) /.test(route))
  const document = await read('docs/http-api.md')
  const told = [...document.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^` ]*)`/g)].map(
    (match) => match[1] ?? '',
  )
  expect({
    missing: served.filter((route) => !told.includes(route)),
    absent: told.filter((route) => !served.includes(route)),
  }).toEqual({ missing: [], absent: [] })
}, 60_000)
