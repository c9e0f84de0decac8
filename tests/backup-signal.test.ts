import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { until } from './support/auth-process.ts'

const BIN = fileURLToPath(new URL('../packages/server/bin/netra.mjs', import.meta.url))

let room: string
let data: string
let backups: string
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'netra-backup-signal-'))
  data = join(room, 'data')
  backups = join(room, 'backups')
  for (const folder of [join(data, 'files'), backups]) mkdirSync(folder, { recursive: true })
  for (const name of ['auth.db', 'journal.db']) {
    const database = new DatabaseSync(join(data, name))
    database.exec('create table one (id text)')
    database.close()
  }
  // It takes no room on the disk, and its backup takes far longer than the test.
  writeFileSync(join(data, 'files/f-1'), '')
  truncateSync(join(data, 'files/f-1'), 32 * 1024 ** 3)
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

const below = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  'a backup that %s ends leaves no copy of accounts or journal, and none lay beside the target',
  { timeout: 60_000 },
  async (signal, expected) => {
    const child = spawn(process.execPath, [BIN, 'backup', join(backups, 'netra.backup')], {
      env: {
        PATH: process.env['PATH'],
        NETRA_DATA_DIR: data,
        NETRA_BACKUP_PASSPHRASE: 'a passphrase of a test',
      },
      stdio: 'ignore',
    })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    try {
      await until(() =>
        below(backups).some(
          (name) => name.endsWith('/backup') && statSync(join(backups, name)).size > 0,
        ),
      )
      const copies = readdirSync(data).find((name) => name.startsWith('.netra-backup-')) ?? 'none'
      expect(statSync(join(data, copies)).mode & 0o777).toBe(0o700)
      expect(existsSync(join(data, copies, 'auth.db'))).toBe(true)
      expect(below(backups).filter((name) => name.endsWith('.db'))).toEqual([])
      child.kill(signal)
      expect(await ended).toBe(expected)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    expect(below(backups)).toEqual([])
    expect(readdirSync(data).toSorted()).toEqual(['auth.db', 'files', 'journal.db'])
  },
)
