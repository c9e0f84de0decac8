import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { lockDataFolder } from '../platform/data-folder-lock.ts'
import { restoreBackup } from './restore-backup.ts'
import { takeBackup } from './take-backup.ts'
import { tarHeader, tarPadding } from './tar.ts'

const AT = Date.UTC(2026, 10, 21, 12)

let room: string
let data: string
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), 'netra-backup-test-'))
  data = join(room, 'data')
  for (const name of ['files', 'keys']) mkdirSync(join(data, name), { recursive: true })
  const journal = new DatabaseSync(join(data, 'journal.db'))
  journal.exec(
    "pragma journal_mode = wal; create table thread (user_id text); insert into thread values ('here'), ('gone')",
  )
  journal.close()
  const auth = new DatabaseSync(join(data, 'auth.db'))
  auth.exec(`create table user (id text); insert into user values ('here');
    create table session (id text); insert into session values ('open');
    create table user_removal (user_id text primary key, removed_at integer);
    create table invitation (id text, used_by text);
    insert into invitation values ('open', null), ('used', 'here');
    create table one_time_link (token_hash text); insert into one_time_link values ('link');
    create table two_factor_challenge (token_hash text); insert into two_factor_challenge values ('half');
    create table mail_outbox (id integer); insert into mail_outbox values (1);
    create table api_key (id text); insert into api_key values ('key');
    create table service (id text); insert into service values ('node-a'), ('node-b');
    create table auth_change_epoch (epoch text); insert into auth_change_epoch values ('old')`)
  auth.close()
  writeFileSync(join(data, 'files', 'f-1'), randomBytes(70_000))
  writeFileSync(join(data, 'files', 'f-2.partial'), 'half an upload')
  writeFileSync(join(data, 'keys', 'token-keys.json'), '{}')
})
afterEach(() => rmSync(room, { recursive: true, force: true }))

const take = (more: { passphrase?: string; target?: string } = {}) =>
  takeBackup({
    dataDir: data,
    target: join(room, 'backup'),
    databaseUrl: undefined,
    passphrase: undefined,
    version: '1.2.3',
    now: () => AT,
    ...more,
  })

const begun: string[] = []
interface MoreOptions {
  passphrase?: string
  into?: string
  keepSessions?: boolean
  unencrypted?: boolean
  freeBytes?: () => Promise<number>
}
const restore = (more: MoreOptions = {}) =>
  restoreBackup({
    source: join(room, 'backup'),
    into: join(room, 'restored'),
    databaseUrl: undefined,
    passphrase: undefined,
    keepSessions: false,
    now: () => AT,
    journals: {
      beginInFolder: (_folder, why) => void begun.push(why),
      isEmptyDatabase: () => Promise.reject(new Error('there is none')),
      beginInDatabase: () => Promise.reject(new Error('there is none')),
    },
    ...more,
  })

const rows = (name: string, sql: string): unknown[] => {
  const database = new DatabaseSync(join(room, 'restored', name), { readOnly: true })
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0])
  } finally {
    database.close()
  }
}

test('what is restored is what was backed up, with a journal that begins anew', async () => {
  const { files } = await take()
  expect(files).toEqual({ stored: 1, gone: [] })
  await restore()
  expect(begun.at(-1)).toBe('restored from a backup of 2026-11-21T12:00:00.000Z')
  expect(readFileSync(join(room, 'restored/files/f-1'))).toEqual(
    readFileSync(join(data, 'files/f-1')),
  )
  expect(readdirSync(join(room, 'restored/files'))).toEqual(['f-1'])
  expect(readdirSync(join(room, 'restored')).toSorted()).toEqual([
    'auth.db',
    'files',
    'journal.db',
    'keys',
  ])
  expect(rows('journal.db', 'select user_id from thread')).toEqual(['here', 'gone'])
})

test('sign-ins end, nodes that follow the accounts begin anew, the removed stay removed', async () => {
  await take()
  await restore()
  expect(rows('auth.db', 'select id from session')).toEqual([])
  expect(rows('auth.db', 'select epoch from auth_change_epoch')).not.toEqual(['old'])
  expect(rows('auth.db', 'select user_id from user_removal')).toEqual(['gone'])
  rmSync(join(room, 'restored'), { recursive: true })
  await restore({ keepSessions: true })
  expect(rows('auth.db', 'select id from session')).toEqual(['open'])
})

test('a backup is for its owner alone, and any tar reads one that is not encrypted', async () => {
  await take()
  expect(statSync(join(room, 'backup')).mode & 0o777).toBe(0o600)
  const { stdout } = spawnSync('tar', ['tzf', join(room, 'backup')], { encoding: 'utf8' })
  expect(stdout.trim().split('\n')).toEqual([
    'ABOUT.txt',
    'journal.db',
    'files/f-1',
    'auth.db',
    'keys/token-keys.json',
    'MANIFEST.json',
  ])
  const about = spawnSync('tar', ['xzOf', join(room, 'backup'), 'ABOUT.txt'], { encoding: 'utf8' })
  expect(about.stdout).toContain('the keys that sign sessions')
})

test('an encrypted one opens with its passphrase only', async () => {
  const passphrase = 'a long enough passphrase'
  await take({ passphrase })
  const bytes = readFileSync(join(room, 'backup'))
  expect(bytes.includes('journal.db')).toBe(false)
  await expect(restore()).rejects.toThrow('set NETRA_BACKUP_PASSPHRASE')
  await expect(restore({ passphrase: 'some other passphrase' })).rejects.toThrow(
    'the passphrase is another one, or the file was changed',
  )
  await restore({ passphrase })
  expect(rows('journal.db', 'select user_id from thread')).toEqual(['here', 'gone'])
}, 120_000)

test('links, invitations, half sign-ins and mails of that moment end, and what only people can judge is told', async () => {
  await take()
  const { settled } = await restore({ keepSessions: true })
  expect(settled).toEqual({
    invitations: 1,
    links: 1,
    apiKeys: 1,
    services: ['node-a', 'node-b'],
  })
  expect(rows('auth.db', 'select id from invitation')).toEqual(['used'])
  for (const table of ['one_time_link', 'two_factor_challenge', 'mail_outbox']) {
    expect({ [table]: rows('auth.db', `select count(*) from ${table}`) }).toEqual({ [table]: [0] })
  }
})

test('with a passphrase what is not encrypted is refused, unless it is asked for', async () => {
  const passphrase = 'a long enough passphrase'
  await take()
  await expect(restore({ passphrase })).rejects.toThrow(/is not encrypted, but .*--unencrypted$/)
  expect(readdirSync(join(room, 'restored'))).toEqual([])
  await restore({ passphrase, unencrypted: true })
  expect(rows('journal.db', 'select user_id from thread')).toEqual(['here', 'gone'])
})

const writeArchive = (...entries: [path: string, content: Buffer, announced?: number][]) =>
  writeFileSync(
    join(room, 'backup'),
    gzipSync(
      Buffer.concat(
        entries.flatMap(([path, content, announced]) => [
          tarHeader(path, announced ?? content.length, AT),
          content,
          tarPadding(content.length),
        ]),
      ),
    ),
  )

test('a file for which the disk has no room is refused before a byte of it is written', async () => {
  writeArchive(['files/f-1', Buffer.alloc(1_000), 2 ** 50])
  await expect(restore()).rejects.toThrow(
    /^no room for files\/f-1 of the backup: it has 1073741824 MB/,
  )
  expect(readdirSync(join(room, 'restored'))).toEqual([])
  rmSync(join(room, 'backup'))
  await take()
  const reserve = 64 * 1024 * 1024
  await expect(restore({ freeBytes: () => Promise.resolve(reserve + 100) })).rejects.toThrow(
    'no room for journal.db',
  )
  await restore({ freeBytes: () => Promise.resolve(reserve + 100_000) })
})

test('a list of contents that would fill the memory is refused by the length that it tells', async () => {
  writeArchive(['MANIFEST.json', Buffer.alloc(17 * 1024 * 1024, ' ')])
  await expect(restore()).rejects.toThrow('its MANIFEST.json is larger than 16 MB')
})

test('copies of a backup that was killed are removed by the next one, those of a running one stay', async () => {
  const [dead, alive] = [join(data, '.netra-backup-dead'), join(data, '.netra-backup-alive')]
  const [old, young] = [join(room, '.netra-backup-old'), join(room, '.netra-backup-young')]
  for (const folder of [dead, alive, old, young]) {
    mkdirSync(folder)
    writeFileSync(join(folder, 'auth.db'), 'hashes')
  }
  const hoursAgo = (Date.now() - 2 * 3600_000) / 1000
  for (const path of [join(old, 'auth.db'), old]) utimesSync(path, hoursAgo, hoursAgo)
  const release = lockDataFolder(alive)
  try {
    await take()
  } finally {
    release()
  }
  expect([dead, alive, old, young].map((folder) => existsSync(folder))).toEqual([
    false,
    true,
    false,
    true,
  ])
})

test('a changed byte or an end before its time is refused and leaves the folder empty', async () => {
  for (const passphrase of [undefined, 'a long enough passphrase']) {
    const key = passphrase === undefined ? {} : { passphrase }
    await take(key)
    const whole = readFileSync(join(room, 'backup'))
    for (const share of [0.2, 0.5, 0.8, 0.999]) {
      const changed = Buffer.from(whole)
      const at = Math.floor(whole.length * share)
      changed[at] = (changed[at] ?? 0) ^ 1
      writeFileSync(join(room, 'backup'), changed)
      await expect(restore(key), `a byte at ${share}`).rejects.toThrow(/not a whole|cannot be read/)
    }
    writeFileSync(join(room, 'backup'), whole)
    truncateSync(join(room, 'backup'), whole.length - 40)
    await expect(restore(key)).rejects.toThrow(/not a whole|cannot be read/)
    expect(readdirSync(join(room, 'restored'))).toEqual([])
    rmSync(join(room, 'backup'))
  }
}, 120_000)

test('neither a file nor a folder with something in it is written over', async () => {
  await take()
  await expect(take()).rejects.toThrow('is there already')
  const nowhere = join(room, 'nowhere', 'backup')
  await expect(take({ target: nowhere })).rejects.toThrow('there is no folder')
  await expect(restore({ into: data })).rejects.toThrow('is not empty')
  rmSync(join(room, 'backup'))
  writeFileSync(join(data, 'files/unknown name'), '')
  await take()
  await expect(restore()).rejects.toThrow('holds files/unknown name, which no backup has')
})

test('a backup that fails leaves nothing behind', async () => {
  writeFileSync(join(data, 'auth.db'), 'no database at all, and longer than a header of one is')
  await expect(take()).rejects.toThrow('database')
  expect(existsSync(join(room, 'backup'))).toBe(false)
  expect(readdirSync(room)).toEqual(['data'])
  await expect(
    takeBackup({
      dataDir: join(room, 'nobody'),
      target: join(room, 'backup'),
      databaseUrl: undefined,
      passphrase: undefined,
      version: '1',
      now: () => AT,
    }),
  ).rejects.toThrow('set NETRA_DATA_DIR')
})
