import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { runNetra } from './support/auth-process.ts'
import { startNetra } from './support/netra-process.ts'
import { mustRun } from './support/packed.ts'
import { findAll, type Remembered } from './support/previous-version.ts'
import { openProgram } from './support/sdk.ts'

/** Written by that version itself, with people at work: scripts/nightly-rollback.ts --fixture. */
const FIXTURE = fileURLToPath(new URL('fixtures/data-of-ba918ed.tar.gz', import.meta.url))

let room: string
let data: string
let remembered: Remembered
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'netra-rollback-'))
  mustRun('tar', ['xzf', FIXTURE, '-C', room])
  data = join(room, 'data')
  remembered = JSON.parse(readFileSync(join(room, 'remembered.json'), 'utf8')) as Remembered
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

/** What a version reads first of all. */
function formsOf(folder: string): unknown {
  const [journal, accounts] = ['journal.db', 'auth.db'].map(
    (name) => new DatabaseSync(join(folder, name), { readOnly: true }),
  )
  try {
    return [
      journal?.prepare('select part, version from schema_version order by part').all(),
      accounts?.prepare('pragma user_version').get(),
    ].map((rows) => JSON.stringify(rows))
  } finally {
    journal?.close()
    accounts?.close()
  }
}

const sumsOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/\.lock$|-shm$|-wal$/.test(name))
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted()
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`,
    )

test('data of the version before is not touched before somebody has said that there is no way back', async () => {
  const before = sumsOf(data)
  for (const command of ['start', 'auth'] as const) {
    await expect(startNetra({ folder: data, command })).rejects.toThrow(
      /written by an older Netra.*netra backup <file>\. Then start with NETRA_ALLOW_MIGRATION=1/s,
    )
  }
  await expect(runNetra(['admin', 'list'], { NETRA_DATA_DIR: data })).rejects.toThrow(
    'NETRA_ALLOW_MIGRATION=1',
  )
  expect(sumsOf(data)).toEqual(before)
}, 120_000)

test('allowed to, this version finds all that people had, and asks no more', async () => {
  {
    await using netra = await startNetra({
      folder: data,
      env: { NETRA_ALLOW_MIGRATION: '1' },
    })
    await findAll(netra.url, remembered)
    using program = await openProgram(netra.url, 'new@example.com')
    const { text } = await program.ask('What is 17 percent of 250?')
    expect(text).toContain('42.5')
    await netra.kill('SIGTERM')
  }
  await using again = await startNetra({ folder: data })
  await findAll(again.url, remembered)
}, 120_000)

test('a backup of it keeps its form, also when this version takes and restores it', async () => {
  const forms = formsOf(data)
  const [file, restored] = [join(room, 'netra.backup'), join(room, 'restored')]
  await runNetra(['backup', file], { NETRA_DATA_DIR: data })
  await runNetra(['restore', file, '--into', restored], {})
  expect(formsOf(data)).toEqual(forms)
  expect(formsOf(restored)).toEqual(forms)
  expect(readdirSync(restored)).not.toContain('journal.mark')
  await using netra = await startNetra({ folder: restored, env: { NETRA_ALLOW_MIGRATION: '1' } })
  await findAll(netra.url, remembered)
}, 120_000)
