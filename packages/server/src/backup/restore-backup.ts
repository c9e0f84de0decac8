import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { ABOUT, isBackupPath, MANIFEST, type Manifest, manifestSchema } from './manifest.ts'
import { restorePostgres } from './postgres-dump.ts'
import { openSealed } from './seal.ts'
import { type SettledAccounts, settleAccounts } from './settle-accounts.ts'
import { readTar, type TarEntry } from './tar.ts'

export interface RestoreOptions {
  source: string
  /** Absent or empty. */
  into: string
  databaseUrl: string | undefined
  passphrase: string | undefined
  /** Takes a backup that is not encrypted although there is a passphrase. */
  unencrypted?: boolean
  keepSessions: boolean
  now: () => number
  journals: RestoredJournals
  /** Bytes that may still be written to the disk of a folder. */
  freeBytes?: (folder: string) => Promise<number>
}

export interface Restored extends Manifest {
  /** Undefined without accounts. */
  settled: SettledAccounts | undefined
}

/** What makes a copied journal one of its own: every position given out before is void. */
export interface RestoredJournals {
  beginInFolder: (folder: string, why: string) => void
  isEmptyDatabase: (url: string) => Promise<boolean>
  beginInDatabase: (url: string, why: string) => Promise<void>
}

/** Where things lie until all of them have proven to be whole. */
const DRAFT = '.restoring'
const MANIFEST_BYTES = 16 * 1024 * 1024
const ABOUT_BYTES = 64 * 1024
/** What others on the same disk need to go on. */
const RESERVE_BYTES = 64 * 1024 * 1024

class NoRoom extends Error {
  override readonly name = 'NoRoom'
}

/**
 * Makes a data folder of a backup. The journal gets a new epoch: clients that saw more than the backup
 * holds are told to begin anew instead of waiting for numbers that now mean something else.
 *
 * @throws with what to do; then the folder is as it was.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { source, into, databaseUrl, journals } = options
  if (!existsSync(source)) throw new Error(`there is no file ${source}`)
  // A volume that was just formatted has a lost+found, and only that.
  const there = existsSync(into) ? await readdir(into) : []
  if (there.some((name) => name !== 'lost+found')) {
    throw new Error(`${into} is not empty: a backup is restored into a new folder, never over one`)
  }
  const draft = join(into, DRAFT)
  await mkdir(draft, { recursive: true, mode: 0o700 })
  try {
    const manifest = await unpack(options, draft)
    if (manifest.journal === 'postgres') await needsEmptyDatabase(databaseUrl, journals)
    if (manifest.journal === 'sqlite' && databaseUrl !== undefined) {
      throw new Error(
        'the backup is of a Netra on SQLite, but DATABASE_URL is set: unset it, and start the restored server without it',
      )
    }
    const settled = manifest.accounts ? settleAccounts(draft, options) : undefined
    const why = `restored from a backup of ${manifest.made_at}`
    if (manifest.journal === 'sqlite') journals.beginInFolder(draft, why)
    if (manifest.journal === 'postgres' && databaseUrl !== undefined) {
      const dump = join(draft, 'postgres.dump')
      await restorePostgres(databaseUrl, dump)
      await journals.beginInDatabase(databaseUrl, why)
      await rm(dump)
    }
    for (const name of await readdir(draft)) await rename(join(draft, name), join(into, name))
    return { ...manifest, settled }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function needsEmptyDatabase(
  databaseUrl: string | undefined,
  journals: RestoredJournals,
): Promise<void> {
  if (databaseUrl === undefined) {
    throw new Error(
      'the backup is of a Netra on PostgreSQL: set DATABASE_URL to an empty database for it',
    )
  }
  if (await journals.isEmptyDatabase(databaseUrl)) return
  throw new Error(
    'the database of DATABASE_URL holds a Netra already: name an empty one, a backup is never restored over another',
  )
}

async function unpack(options: RestoreOptions, draft: string): Promise<Manifest> {
  const { source, passphrase, unencrypted = false, freeBytes = freeOnDisk } = options
  const sealed = await openSealed(source, passphrase, { unencrypted })
  const plain = createGunzip()
  let broken: unknown
  const wasRead = pipeline(sealed, plain).catch((error: unknown) => (broken = error))
  try {
    return await unpackAll(plain, draft, freeBytes)
  } catch (error) {
    if (error instanceof NoRoom) throw error
    // A broken stream is what ended the reading: it says more than the early end does.
    const why = messageOf(broken ?? error)
    throw new Error(
      passphrase === undefined || unencrypted
        ? `${source} is not a whole backup (${why}): take another one`
        : `${source} cannot be read: the passphrase is another one, or the file was changed (${why})`,
      { cause: error },
    )
  } finally {
    plain.destroy()
    await wasRead
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

async function freeOnDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

async function unpackAll(
  archive: Readable,
  draft: string,
  freeBytes: (folder: string) => Promise<number>,
): Promise<Manifest> {
  const sums = new Map<string, { bytes: number; sha256: string }>()
  let manifest: Manifest | undefined
  for await (const entry of readTar(archive)) {
    if (entry.path === MANIFEST) {
      manifest = manifestSchema.parse(JSON.parse(await textOf(entry, MANIFEST_BYTES)))
    } else if (entry.path === ABOUT) await textOf(entry, ABOUT_BYTES)
    else if (isBackupPath(entry.path)) {
      needsRoom(entry, draft, await freeBytes(draft))
      sums.set(entry.path, await write(entry, draft))
    } else throw new Error(`it holds ${entry.path}, which no backup has`)
  }
  if (!manifest) throw new Error(`it has no ${MANIFEST}`)
  for (const { path, bytes, sha256 } of manifest.contents) {
    const found = sums.get(path)
    if (found?.sha256 !== sha256 || found.bytes !== bytes) {
      throw new Error(`${path} is not what was backed up`)
    }
    sums.delete(path)
  }
  const [foreign] = sums.keys()
  if (foreign !== undefined) throw new Error(`it holds ${foreign}, which its list does not name`)
  return manifest
}

async function write({ path, bytes, content }: TarEntry, draft: string) {
  const target = join(draft, path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const hash = createHash('sha256')
  await pipeline(
    Readable.from(content),
    async function* summed(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(target, { mode: 0o600, flags: 'wx', flush: true }),
  )
  return { bytes, sha256: hash.digest('hex') }
}

/** The length that an entry tells is all that is read of it, so what was announced is what comes. */
function needsRoom({ path, bytes }: TarEntry, folder: string, free: number): void {
  if (bytes <= free - RESERVE_BYTES) return
  throw new NoRoom(
    `no room for ${path} of the backup: it has ${inMb(bytes)}, and the disk of ${dirname(folder)} has ${inMb(free)}, of which ${inMb(RESERVE_BYTES)} are kept free. Make room, or restore into a folder of a larger disk`,
  )
}

const inMb = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MB`

async function textOf({ path, bytes, content }: TarEntry, most: number): Promise<string> {
  if (bytes > most) throw new Error(`its ${path} is larger than ${inMb(most)}`)
  const parts: Buffer[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
