import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, 'tests', 'mutations')

const patches = readdirSync(FOLDER).filter((file) => file.endsWith('.patch'))

test('there are at least twenty deliberate bugs', () => {
  expect(patches.length).toBeGreaterThanOrEqual(20)
})

test.each(patches)('%s still applies, and the test that finds it is there', (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1] ?? ''
  const applied = spawnSync('git', ['apply', '--check', '-C1', join(FOLDER, file)], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect(applied.stderr).toBe('')
  expect(applied.status).toBe(0)
  expect(field('What')).not.toBe('')
  const path = join(ROOT, field('Test'))
  expect(existsSync(path)).toBe(true)
  // A contract's tests stand beside the file that runs them for one store.
  const sources = [path, ...contractsBeside(path)].map((source) => readFileSync(source, 'utf8'))
  // A number at the end chooses among the cases of one test.
  expect(sources.join('\n')).toContain(field('Title').replace(/\d+$/, ''))
})

function contractsBeside(path: string): string[] {
  const folder = join(path, '..', '..')
  return readdirSync(folder)
    .filter((file) => file.startsWith('contract-'))
    .map((file) => join(folder, file))
}
