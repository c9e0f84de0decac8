import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { isoTime, type Clock } from '../platform/clock.ts'
import { newId, type FileId } from '../platform/ids.ts'
import type { Row, Rows } from '../platform/statement.ts'
import { ContentCheck } from './content-check.ts'
import { displayName } from './display-name.ts'
import { FileRefused, type Files, type StoredFile } from './files.ts'

interface FileLimits {
  /** Bytes of one file at most. */
  maxFileBytes: number
  /** Bytes of all files of one user at most. */
  maxUserBytes: number
}

const DEFAULT_FILE_LIMITS: FileLimits = {
  maxFileBytes: 200_000_000,
  maxUserBytes: 2_000_000_000,
}

export interface OpenFilesOptions {
  /** All content lies directly in this folder. */
  folder: string
  rows: Rows
  clock: Clock
  limits?: Partial<FileLimits>
  /** Other processes store files in this folder too. */
  shared?: boolean
}

const COLUMNS = 'id, user_id, name, media_type, bytes, sha256, origin, created_at'

/** What has no record yet may be an upload that another process is working on, for this long. */
const WORKED_ON_MS = 24 * 3600 * 1000

/** Opens the store of files and removes what a crash left there without a record. */
export async function openFiles(options: OpenFilesOptions): Promise<Files> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  await removeOrphans(options)
  return new FolderFiles(options)
}

async function removeOrphans({ folder, rows, clock, shared }: OpenFilesOptions): Promise<void> {
  const known = await rows.query<{ id: string }>({ sql: 'SELECT id FROM file', parameters: [] })
  const ids = new Set(known.map((row) => row.id))
  for (const name of await readdir(folder)) {
    const isPartial = name.includes(PARTIAL)
    const id = name.split('.', 1)[0] ?? name
    if (!isPartial && ids.has(id)) continue
    const path = join(folder, name)
    const age = shared ? clock.now() - (await mtimeOf(path)) : Infinity
    if (age > WORKED_ON_MS) await rm(path, { recursive: true, force: true })
  }
}

/** One that is gone meanwhile is nobody's orphan. */
const mtimeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  )

const PARTIAL = '.partial'

/** An upload under way. */
interface Arrival {
  userId: string
  bytes: number
  /** Bytes of the user's stored files, with those that were stored while this one arrived. */
  used: number
}

class FolderFiles implements Files {
  readonly #folder: string
  readonly #rows: Rows
  readonly #clock: Clock
  readonly #limits: FileLimits
  readonly #arrivals = new Set<Arrival>()

  constructor(options: OpenFilesOptions) {
    this.#folder = options.folder
    this.#rows = options.rows
    this.#clock = options.clock
    this.#limits = { ...DEFAULT_FILE_LIMITS, ...options.limits }
  }

  async store(upload: Parameters<Files['store']>[0]): Promise<StoredFile> {
    const fileId = newId<FileId>()
    const path = join(this.#folder, fileId)
    const arrival: Arrival = { userId: upload.userId, bytes: 0, used: 0 }
    this.#arrivals.add(arrival)
    try {
      const check = new ContentCheck(upload.name, upload.mediaType)
      const sha256 = await this.#receive(upload.content, `${path}${PARTIAL}`, check, arrival)
      const file: StoredFile = {
        fileId,
        userId: upload.userId,
        name: displayName(upload.name),
        mediaType: check.finish(),
        bytes: arrival.bytes,
        sha256,
        createdAt: isoTime(this.#clock),
        origin: upload.origin,
      }
      await rename(`${path}${PARTIAL}`, path)
      await syncFolder(this.#folder)
      await this.#rows.write([insertOf(file)])
      for (const other of this.#arrivalsOf(upload.userId)) other.used += file.bytes
      return file
    } catch (error) {
      upload.content.destroy()
      await rm(`${path}${PARTIAL}`, { force: true })
      await rm(path, { force: true })
      throw error instanceof FileRefused ? error : asRefusal(error)
    } finally {
      this.#arrivals.delete(arrival)
    }
  }

  async find(userId: string, fileId: string): Promise<StoredFile | undefined> {
    const found = await this.#rows.query({
      sql: `SELECT ${COLUMNS} FROM file WHERE id = ? AND user_id = ?`,
      parameters: [fileId, userId],
    })
    return found[0] && fileOf(found[0])
  }

  async list(userId: string): Promise<StoredFile[]> {
    const found = await this.#rows.query({
      sql: `SELECT ${COLUMNS} FROM file WHERE user_id = ? ORDER BY created_at DESC, id DESC`,
      parameters: [userId],
    })
    return found.map(fileOf)
  }

  pathOf(file: StoredFile): string {
    return join(this.#folder, file.fileId)
  }

  async remove(userId: string, fileId: string): Promise<boolean> {
    if (!(await this.find(userId, fileId))) return false
    await this.#rows.write([
      { sql: 'DELETE FROM file WHERE id = ? AND user_id = ?', parameters: [fileId, userId] },
    ])
    await this.removeContent([fileId])
    return true
  }

  async removeContent(fileIds: readonly string[]): Promise<void> {
    if (fileIds.length === 0) return
    const gone = new Set(fileIds)
    for (const name of await readdir(this.#folder)) {
      const id = name.split('.', 1)[0] ?? name
      if (gone.has(id)) await rm(join(this.#folder, name), { recursive: true, force: true })
    }
  }

  async #receive(
    content: Readable,
    path: string,
    check: ContentCheck,
    arrival: Arrival,
  ): Promise<string> {
    const stored = await this.#usedBy(arrival.userId)
    arrival.used += stored
    const hash = createHash('sha256')
    const measure = async function* (
      this: FolderFiles,
      source: AsyncIterable<Uint8Array | string>,
    ): AsyncGenerator<Uint8Array> {
      for await (const piece of source) {
        const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece
        arrival.bytes += chunk.length
        this.#refuseTooMuch(arrival)
        check.see(chunk)
        hash.update(chunk)
        yield chunk
      }
    }
    await pipeline(
      content,
      measure.bind(this),
      createWriteStream(path, { mode: 0o600, flush: true }),
    )
    return hash.digest('hex')
  }

  #refuseTooMuch(arrival: Arrival): void {
    const { maxFileBytes, maxUserBytes } = this.#limits
    if (arrival.bytes > maxFileBytes) {
      throw new FileRefused(
        'too_large',
        `The file is larger than ${megabytes(maxFileBytes)}. Split it, or leave out columns you do not need.`,
      )
    }
    const arriving = this.#arrivalsOf(arrival.userId).reduce((sum, { bytes }) => sum + bytes, 0)
    if (arrival.used + arriving > maxUserBytes) {
      throw new FileRefused(
        'quota',
        `Your files would take more than ${megabytes(maxUserBytes)}. Delete files you no longer need, then upload again.`,
      )
    }
  }

  #arrivalsOf(userId: string): Arrival[] {
    return [...this.#arrivals].filter((arrival) => arrival.userId === userId)
  }

  async #usedBy(userId: string): Promise<number> {
    const found = await this.#rows.query<{ bytes: number }>({
      sql: 'SELECT coalesce(sum(bytes), 0) AS bytes FROM file WHERE user_id = ?',
      parameters: [userId],
    })
    return found[0]?.bytes ?? 0
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 100_000) / 10} MB`

/** A rename survives a power cut only when its folder was synced as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const insertOf = (file: StoredFile) => ({
  sql: `INSERT INTO file (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  parameters: [
    file.fileId,
    file.userId,
    file.name,
    file.mediaType,
    file.bytes,
    file.sha256,
    file.origin,
    file.createdAt,
  ],
})

/** Complete by type: an origin that is missing here does not compile. */
const ORIGINS: Record<StoredFile['origin'], true> = {
  upload: true,
  sample: true,
  result: true,
  snapshot: true,
  report: true,
}

const isOrigin = (text: string): text is StoredFile['origin'] => Object.hasOwn(ORIGINS, text)

function fileOf(row: Row): StoredFile {
  const origin = String(row['origin'])
  return {
    fileId: String(row['id']),
    userId: String(row['user_id']),
    name: String(row['name']),
    mediaType: String(row['media_type']),
    bytes: Number(row['bytes']),
    sha256: String(row['sha256']),
    createdAt: String(row['created_at']),
    origin: isOrigin(origin) ? origin : 'upload',
  }
}

/**
 * A connection or a form that ended in the middle is the sender's doing; a full disk is not. The
 * form's parser says so without a code.
 */
function asRefusal(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const cut = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'ABORT_ERR', 'ECONNABORTED']
  const cutForm =
    error instanceof Error && /(end of|terminated).*(data|form|early)/.test(error.message)
  return cut.includes(String(code)) || (code === undefined && cutForm)
    ? new FileRefused(
        'incomplete',
        'The upload ended before the whole file had arrived. Upload it again.',
      )
    : error
}
