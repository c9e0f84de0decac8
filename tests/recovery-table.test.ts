import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { RECOVERY, type Recovery } from '../packages/server/src/platform/recovery/recovery-table.ts'
import { withRecovery } from '../scripts/recovery-table.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

test('the tables of the page on recovery are what the code decides by (node scripts/recovery-table.ts)', async () => {
  const page = await readFile(join(ROOT, 'docs/operate/recovery.md'), 'utf8')
  expect(page).toContain('| A model takes no more requests for the moment (429) | 3 tries in all')
  expect(page).toBe(withRecovery(page))
})

test('whatever the table decides is read by some code', async () => {
  const cwd = join(ROOT, 'packages/server/src')
  const sources: string[] = []
  for await (const path of glob('**/*.ts', { cwd })) {
    if (path.includes('.test.') || path.endsWith('recovery-table.ts')) continue
    sources.push(await readFile(join(cwd, path), 'utf8'))
  }
  const code = sources.join('\n')
  const decides = ({ what: _what, stops: _stops, told: _told, ...rest }: Recovery): boolean =>
    Object.keys(rest).length > 0
  const unread = Object.entries<Recovery>(RECOVERY)
    .filter(([, entry]) => decides(entry))
    .map(([kind]) => kind)
    .filter((kind) => !code.includes(`'${kind}'`) && !code.includes(`RECOVERY.${kind}`))
  expect(unread).toEqual([])
})
