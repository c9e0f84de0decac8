import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { open, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { backup as copyPages, DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { aboutText, ABOUT, MANIFEST, type Manifest } from './manifest.ts'
import { dumpPostgres } from './postgres-dump.ts'
import { sealing } from './seal.ts'
import { TAR_END, tarHeader, tarPadding } from './tar.ts'
import { inWorkingFolders, type WorkingFolders } from './working-folders.ts'

export interface BackupOptions {
  dataDir: string
  /** Where the backup is written; nothing may be there. */
  target: string
  databaseUrl: string | undefined
  passphrase: string | undefined
  version: string
  now: () => number
}

const PARTIAL = '.partial'
/** All at once: a copy in steps begins anew whenever the server writes meanwhile. */
const ALL_PAGES = { rate: 2 ** 31 - 1 }

/**
 * Copies a data folder while a server works on it. The journal is of one moment; accounts and files
 * are of a little later, so that whatever the journal names is there.
 *
 * @throws with what to do; then nothing is left behind, also when a signal ends the process.
 */
export async function takeBackup(options: BackupOptions): Promise<Manifest & { bytes: number }> {
  const { dataDir, target, databaseUrl } = options
  if (existsSync(target)) throw new Error(`${target} is there already: name another file`)
  if (!existsSync(dirname(target))) {
    throw new Error(`there is no folder ${dirname(target)}: make it, or name a file in another one`)
  }
  const hasAccounts = existsSync(join(dataDir, 'auth.db'))
  const hasJournal = existsSync(join(dataDir, 'journal.db'))
  if (!hasAccounts && !hasJournal && databaseUrl === undefined) {
    throw new Error(`no Netra in ${dataDir}: set NETRA_DATA_DIR to the folder of the one you mean`)
  }
  const has = { accounts: hasAccounts, journal: hasJournal }
  return inWorkingFolders(options, (folders) => write(options, has, folders))
}

async function write(
  { dataDir, target, databaseUrl, passphrase, version, now }: BackupOptions,
  has: { accounts: boolean; journal: boolean },
  { copies, draft: folder }: WorkingFolders,
): Promise<Manifest & { bytes: number }> {
  const draft = join(folder, 'backup')
  const madeAt = new Date(now()).toISOString()
  let journal: Manifest['journal'] = 'none'
  const parts: Part[] = []
  if (databaseUrl !== undefined) {
    await dumpPostgres(databaseUrl, join(copies, 'postgres.dump'))
    parts.push({ path: 'postgres.dump', from: join(copies, 'postgres.dump') })
    journal = 'postgres'
  } else if (has.journal) {
    parts.push(await copied(dataDir, copies, 'journal.db'))
    journal = 'sqlite'
  }
  for (const name of await namesIn(join(dataDir, 'files'))) {
    if (name.includes(PARTIAL)) continue
    parts.push({ path: `files/${name}`, from: join(dataDir, 'files', name) })
  }
  if (has.accounts) parts.push(await copied(dataDir, copies, 'auth.db'))
  for (const name of await namesIn(join(dataDir, 'keys'))) {
    parts.push({ path: `keys/${name}`, from: join(dataDir, 'keys', name) })
  }
  const manifest: Manifest = {
    format: 1,
    made_at: madeAt,
    netra_version: version,
    journal,
    accounts: has.accounts,
    files: { stored: 0, gone: [] },
    contents: [],
  }
  await pipeline(
    Readable.from(archive(parts, manifest, now())),
    createGzip({ level: 3 }),
    ...(passphrase === undefined ? [] : [await sealing(passphrase)]),
    createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }),
  )
  const file = await open(draft)
  const { size } = await file.stat()
  await file.close()
  await rename(draft, target)
  return { ...manifest, bytes: size }
}

interface Part {
  path: string
  from: string
}

/** What SQLite holds at this moment, read beside the server, which goes on writing. */
async function copied(dataDir: string, folder: string, name: string): Promise<Part> {
  const source = new DatabaseSync(join(dataDir, name), { readOnly: true, timeout: 5_000 })
  try {
    await copyPages(source, join(folder, name), ALL_PAGES)
  } finally {
    source.close()
  }
  return { path: name, from: join(folder, name) }
}

const namesIn = (folder: string): Promise<string[]> =>
  existsSync(folder) ? readdir(folder) : Promise.resolve([])

async function* archive(parts: readonly Part[], manifest: Manifest, at: number) {
  const about = aboutText(manifest.made_at, manifest.netra_version)
  yield* whole(ABOUT, Buffer.from(about), at)
  for (const { path, from } of parts) {
    const file = await open(from).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && path.startsWith('files/')) return undefined
      throw error
    })
    if (!file) {
      manifest.files.gone.push(path)
      continue
    }
    const hash = createHash('sha256')
    const { size } = await file.stat()
    yield tarHeader(path, size, at)
    // What lies here never changes, and what is open stays even when it is removed meanwhile.
    for await (const chunk of file.createReadStream()) {
      hash.update(chunk as Buffer)
      yield chunk as Buffer
    }
    yield tarPadding(size)
    if (path.startsWith('files/')) manifest.files.stored += 1
    manifest.contents.push({ path, bytes: size, sha256: hash.digest('hex') })
  }
  yield* whole(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), at)
  yield TAR_END
}

function* whole(path: string, content: Buffer, at: number) {
  yield tarHeader(path, content.length, at)
  yield content
  yield tarPadding(content.length)
}
