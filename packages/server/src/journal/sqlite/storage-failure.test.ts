import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { silentLogger } from '../../platform/logger.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const run = promisify(execFile)
const CHILD = new URL('./storage-failure-child.ts', import.meta.url).pathname

interface Told {
  acknowledged: number[]
  failed: { n: number; error: string; message: string }[]
  writableAfterFailure: boolean
  writableAtEnd: boolean
  present: number[]
  epochChanged?: string
}

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-full-'))
})
afterEach(() => rm(folder, { recursive: true }))

const shell = async (script: string): Promise<Told> => {
  const { stdout } = await run('sh', ['-c', script, 'sh', folder, process.execPath, CHILD])
  const told: Told = JSON.parse(stdout)
  return told
}

/** A mount of one's own needs rights that not every machine gives. */
const canMount = (): boolean =>
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt']).status === 0

test.skipIf(!canMount())(
  'F67: on a full disk commits fail and stay absent; with room again they go on',
  async () => {
    const told = await shell(
      `exec unshare -rm sh -c '
         mount -t tmpfs -o size=3m tmpfs "$0" &&
         dd if=/dev/zero of="$0/ballast" bs=1M count=1 2>/dev/null &&
         exec "$1" "$2" "$0/data" "$0/ballast"' "$1" "$2" "$3"`,
    )
    expect(told.failed).toHaveLength(3)
    expect(told.failed.map(({ error }) => error)).toEqual(Array(3).fill('JournalUnavailable'))
    expect(told.failed[0]?.message).toContain('the disk is full')
    expect(told.writableAfterFailure).toBe(false)
    expect(told.writableAtEnd).toBe(true)
    expect(told.acknowledged.length).toBeGreaterThan(3)
    expect(told.acknowledged.at(-1)).toBeGreaterThan(told.failed.at(-1)?.n ?? 0)
    expect(told.present).toEqual(told.acknowledged)
    expect(told.epochChanged).toBeUndefined()
  },
)

test('F68: after a write error the journal takes nothing more, and keeps what it acknowledged', async () => {
  // A limit on the size of a file makes write() fail with EFBIG, which SQLite calls an I/O error.
  const told = await shell('ulimit -f 2000; exec "$2" "$3" "$1"')
  expect(told.failed).toHaveLength(3)
  expect(told.failed.map(({ error }) => error)).toEqual(Array(3).fill('JournalUnavailable'))
  expect(told.writableAfterFailure).toBe(false)
  expect(told.writableAtEnd).toBe(false)
  expect(told.acknowledged.length).toBeGreaterThan(3)

  const journal = await openSqliteJournal({ folder, logger: silentLogger })
  const events = await journal.read('thread:a', 0, { events: 10_000, bytes: 1e9 })
  const numbers = events.map(({ payload }) => Number(/"n":(\d+)/.exec(payload)?.[1]))
  expect(numbers).toEqual(told.acknowledged)
  expect(journal.status()).toMatchObject({ writable: true })
  expect(journal.status().epochChanged).toBeUndefined()
  await journal[Symbol.asyncDispose]()
})
