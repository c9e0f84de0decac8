import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PassThrough, Readable } from 'node:stream'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { Clock } from '../platform/clock.ts'
import type { Rows } from '../platform/statement.ts'
import { FileRefused, type Files } from './files.ts'
import { openFiles } from './open-files.ts'

const CLOCK: Clock = {
  now: () => Date.parse('2026-01-01T00:00:00Z'),
  monotonic: () => 0,
  after: () => () => undefined,
}
const LIMITS = { maxFileBytes: 1_000, maxUserBytes: 2_500 }
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(40)])

let folder: string
let rows: Rows & { broken: boolean }
let files: Files

const VALUES = z.array(z.union([z.string(), z.number(), z.null()]))

function sqliteRows(): typeof rows {
  const database = new DatabaseSync(':memory:')
  database.exec(
    'CREATE TABLE file (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, media_type TEXT, bytes INTEGER, sha256 TEXT, origin TEXT, created_at TEXT)',
  )
  return {
    broken: false,
    query: async ({ sql, parameters }) =>
      z.custom<never[]>().parse(database.prepare(sql).all(...VALUES.parse(parameters))),
    async write(statements) {
      if (this.broken) throw new Error('the disk is full')
      for (const { sql, parameters } of statements)
        database.prepare(sql).run(...VALUES.parse(parameters))
    },
  }
}

const open = () => openFiles({ folder: join(folder, 'files'), rows, clock: CLOCK, limits: LIMITS })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-files-'))
  rows = sqliteRows()
  files = await open()
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const onDisk = () => readdirSync(join(folder, 'files'))

const store = (
  content: string | Buffer | Readable,
  name = 'table.csv',
  options: { userId?: string; mediaType?: string } = {},
) =>
  files.store({
    userId: options.userId ?? 'ann',
    name,
    mediaType: options.mediaType ?? 'application/octet-stream',
    origin: 'upload',
    content: content instanceof Readable ? content : Readable.from([Buffer.from(content)]),
  })

const refusalOf = async (stored: Promise<unknown>): Promise<FileRefused> => {
  const error: unknown = await stored.catch((refused: unknown) => refused)
  if (error instanceof FileRefused) return error
  throw new Error('the upload was not refused', { cause: error })
}

test('a stored file is found, listed, read and removed by its owner', async () => {
  const file = await store('a,b\n1,2\n')
  expect(file).toMatchObject({
    userId: 'ann',
    name: 'table.csv',
    mediaType: 'text/csv',
    bytes: 8,
    sha256: createHash('sha256').update('a,b\n1,2\n').digest('hex'),
    createdAt: '2026-01-01T00:00:00.000Z',
    origin: 'upload',
  })
  expect(await files.find('ann', file.fileId)).toEqual(file)
  expect(await files.list('ann')).toEqual([file])
  expect(readFileSync(files.pathOf(file), 'utf8')).toBe('a,b\n1,2\n')
  expect(await files.remove('ann', file.fileId)).toBe(true)
  expect(await files.list('ann')).toEqual([])
  expect(onDisk()).toEqual([])
})

test('another user neither finds, lists nor removes it', async () => {
  const file = await store('a\n1\n')
  expect(await files.find('bob', file.fileId)).toBeUndefined()
  expect(await files.list('bob')).toEqual([])
  expect(await files.remove('bob', file.fileId)).toBe(false)
  expect(await files.find('ann', file.fileId)).toEqual(file)
})

test('content can be read by the server’s own account alone', async () => {
  const file = await store('a\n1\n')
  expect(statSync(files.pathOf(file)).mode & 0o077).toBe(0)
  expect(statSync(join(folder, 'files')).mode & 0o077).toBe(0)
})

describe('nothing stays of', () => {
  test('a file that is too large', async () => {
    const refused = await refusalOf(store('x'.repeat(1_001)))
    expect(refused).toMatchObject({ code: 'too_large' })
    expect(refused.message).toMatch(/larger than/)
    expect(onDisk()).toEqual([])
  })

  test('a file beyond the quota, which counts what is arriving at the same time', async () => {
    await store('x'.repeat(1_000))
    const together = await Promise.allSettled([store('x'.repeat(900)), store('x'.repeat(900))])
    const refused = together.filter((result) => result.status === 'rejected')
    expect(refused).toMatchObject([{ reason: { code: 'quota' } }])
    expect(onDisk()).toHaveLength(2)
    await store('x'.repeat(1_000), 'table.csv', { userId: 'bob' })
  })

  test('a file beyond the quota, which counts what was stored while it arrived', async () => {
    const slow = new PassThrough()
    const stored = store(slow)
    slow.write('x'.repeat(500))
    await new Promise((resolve) => setTimeout(resolve, 20))
    await store('x'.repeat(1_000))
    await store('x'.repeat(900))
    slow.end('x'.repeat(400))
    expect(await refusalOf(stored)).toMatchObject({ code: 'quota' })
    expect(onDisk()).toHaveLength(2)
  })

  test('an upload that breaks off', async () => {
    const content = new PassThrough()
    const stored = store(content)
    content.write('a,b\n')
    setTimeout(() => content.destroy(), 20)
    expect(await refusalOf(stored)).toMatchObject({ code: 'incomplete' })
    expect(onDisk()).toEqual([])
    expect(await files.list('ann')).toEqual([])
  })

  test('a file whose record cannot be written', async () => {
    rows.broken = true
    await expect(store('a\n1\n')).rejects.toThrow('the disk is full')
    expect(onDisk()).toEqual([])
  })

  test('a crash before the record: content, partial uploads and what was made of them', async () => {
    const file = await store('a\n1\n')
    const stray = '01a1fd73-95ae-7000-acda-300b08c45b14'
    const names = [
      stray,
      `${stray}.partial`,
      `${stray}.duckdb`,
      `${file.fileId}.duckdb.partial.wal`,
    ]
    for (const name of names) writeFileSync(join(folder, 'files', name), 'x')
    writeFileSync(`${files.pathOf(file)}.duckdb`, 'x')
    files = await open()
    expect(onDisk().toSorted()).toEqual([file.fileId, `${file.fileId}.duckdb`])
    await files.remove('ann', file.fileId)
    expect(onDisk()).toEqual([])
  })
})

/** Parquet of so many bytes, whose end says that so many of them describe it. */
function parquet(bytes: number, described: number, end = 'PAR1'): Buffer {
  const content = Buffer.alloc(bytes, 1)
  content.write('PAR1')
  content.writeUInt32LE(described, bytes - 8)
  content.write(end, bytes - 4)
  return content
}

describe('kinds', () => {
  test.each([
    ['table.csv', 'a\n1\n', 'text/csv'],
    ['TABLE.CSV', 'a\n1\n', 'text/csv'],
    ['table.tsv', 'a\tb\n', 'text/tab-separated-values'],
    ['notes.txt', 'hello', 'text/plain'],
    ['data.json', '{}', 'application/json'],
    ['paper.pdf', '%PDF-1.7\n', 'application/pdf'],
    ['shot.png', PNG, 'image/png'],
    ['photo.jpg', Buffer.from('ffd8ffe000104a46', 'hex'), 'image/jpeg'],
    ['table.parquet', parquet(100, 88), 'application/vnd.apache.parquet'],
    ['moving.gif', 'GIF89a......', 'image/gif'],
    ['photo.webp', 'RIFF1234WEBPVP8 ', 'image/webp'],
    ['wrongly-named.jpg', PNG, 'image/png'],
    ['latin.csv', Buffer.from('caf\xe9\n', 'latin1'), 'text/csv'],
    ['utf16.csv', Buffer.from('\ufeffa,b\n', 'utf16le'), 'text/csv'],
  ])('%s is taken', async (name, content, mediaType) => {
    expect(await store(content, name)).toMatchObject({ mediaType })
  })

  test('the end of Parquet is seen however it arrives', async () => {
    const whole = parquet(100, 20)
    const pieces = (content: Buffer) => Readable.from([...content].map((byte) => Buffer.of(byte)))
    await store(pieces(whole), 'table.parquet')
    const refused = await refusalOf(store(pieces(whole.subarray(0, 99)), 'table.parquet'))
    expect(refused.message).toContain('cut')
  })

  test('a name without an ending is taken by its declared type', async () => {
    const stored = await store('a\n1\n', 'export', { mediaType: 'text/csv; charset=utf-8' })
    expect(stored.mediaType).toBe('text/csv')
  })

  test.each([
    ['program.exe', 'MZ', 'does not take this kind'],
    ['page.html', '<p>', 'does not take this kind'],
    ['picture.svg', '<svg/>', 'does not take this kind'],
    ['sheet.csv', Buffer.from('504b0304000000', 'hex'), 'its content is not text'],
    ['image.csv', PNG, 'its content is not text'],
    ['paper.csv', '%PDF-1.7\n', 'its content is not text'],
    ['text.png', 'hello', 'its content is something else'],
    ['nothing.csv', '', 'The file is empty'],
    ['longer.parquet', parquet(100, 89), 'damaged, encrypted or cut'],
    ['huge.parquet', parquet(100, 2 ** 31 - 1), 'damaged, encrypted or cut'],
    ['cut.parquet', parquet(100, 20, 'xxxx'), 'damaged, encrypted or cut'],
    ['name-alone.parquet', 'PAR1', 'damaged, encrypted or cut'],
  ])('%s is refused', async (name, content, reason) => {
    const refused = await refusalOf(store(content, name))
    expect(refused.code).toBe('unsupported')
    expect(refused.message).toContain(reason)
    expect(onDisk()).toEqual([])
  })
})

describe('names', () => {
  test.each([
    ['../../etc/passwd.csv', 'passwd.csv'],
    ['C:\\Users\\ann\\table.csv', 'table.csv'],
    ['a\u0000b\u202ecsv.csv', 'abcsv.csv'],
    ['  many   spaces .csv', 'many spaces .csv'],
    ['ünïcode 表.csv', 'ünïcode 表.csv'],
    [`${'x'.repeat(300)}.csv`, `${'x'.repeat(115)}….csv`],
  ])('%j is shown as %j and names no place on disk', async (name, shown) => {
    const file = await store('a\n1\n', name)
    expect(file.name).toBe(shown)
    expect(onDisk()).toEqual([file.fileId])
    expect(existsSync(files.pathOf(file))).toBe(true)
  })
})
