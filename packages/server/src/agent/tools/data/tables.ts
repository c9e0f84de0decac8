import { access, readFile, rename, rm, writeFile } from 'node:fs/promises'

import { z } from 'zod'

import { type Files, type StoredFile, type TableKind, tableKindOf } from '../../../files/files.ts'
import { ToolError, type ToolContext } from '../tool.ts'
import { UnreadableFile, type DuckPool } from './duck/duck-pool.ts'
import {
  loadAnswer,
  profileAnswer,
  queryAnswer,
  type LoadAnswer,
  type ProfileAnswer,
  type QueryAnswer,
  type ResultLimits,
  type WorkloadPart,
} from './duck/messages.ts'
import { partialOf } from './duck/partial.ts'
import { guessRoles } from './roles.ts'
import type { ColumnProfile, TableProfile } from './schemas.ts'

/** Goes up when tables are read in another way, so that those read before are read again. */
const READER_VERSION = 1

/** Files of which is remembered that they cannot be read. */
const MOST_UNREADABLE = 1_000

const keptLoad = loadAnswer.extend({ version: z.literal(READER_VERSION) })

/** What a question about tables needs of whoever asks it. */
export type TableContext = Pick<ToolContext, 'userId' | 'files' | 'signal' | 'progress'>

/**
 * For tools over tables: the first question about a file waits until it was read, which has a limit
 * of its own in the pool, as has every query.
 */
export const TABLE_TOOL_TIMEOUT_MS = 660_000

/** One uploaded table, open for questions. */
export interface Table {
  file: StoredFile
  kind: TableKind
  source: string
  /** The DuckDB file made of it. */
  database: string
  rejected: LoadAnswer['rejected']
}

/**
 * Uploaded CSV, JSON and Parquet files as tables. Each is read once into a DuckDB file that lies beside its content
 * as `<content>.duckdb`, so that it is removed with it; what the reader had to say is kept in
 * `<content>.load.json`, exact column figures in `<content>.profile.json`.
 */
export class Tables {
  readonly #files: Files
  readonly #pool: DuckPool
  /** What is being made now, by the path of its outcome. */
  readonly #making = new Map<string, Promise<unknown>>()
  /** Why a file cannot be read, by its path: whoever asks again must not take a place for that. */
  readonly #unreadable = new Map<string, UnreadableFile>()

  constructor(files: Files, pool: DuckPool) {
    this.#files = files
    this.#pool = pool
  }

  async query(
    fileId: string,
    sql: string,
    limits: ResultLimits,
    context: TableContext,
  ): Promise<QueryAnswer> {
    const { database } = await this.open(fileId, context)
    const request = { kind: 'query', database, sql, limits } as const
    return queryAnswer.parse(await this.#pool.ask(request, context.userId, context.signal))
  }

  async profile(fileId: string, context: TableContext): Promise<TableProfile> {
    const table = await this.open(fileId, context)
    const kept = `${table.source}.profile.json`
    const answer = await this.#once(
      kept,
      () => readJson(kept, profileAnswer),
      () => this.#profile(table, kept, context),
      context.signal,
    )
    return {
      file_id: table.file.fileId,
      name: table.file.name,
      table: 'data',
      rows: answer.rows,
      columns: answer.columns,
      rejected: table.rejected,
      roles: rolesOf(answer.columns),
    }
  }

  /** SQL over the view `workload`, which is all that `parts` select of their databases. */
  async queryWorkload(
    parts: readonly WorkloadPart[],
    sql: string,
    limits: ResultLimits,
    context: TableContext,
  ): Promise<QueryAnswer> {
    const [first] = parts
    if (!first) throw new ToolError('Name at least one file.')
    const request = { kind: 'workload', database: first.database, parts, sql, limits } as const
    return queryAnswer.parse(await this.#pool.ask(request, context.userId, context.signal))
  }

  /** Only a file of this thread that belongs to this user is ever opened. */
  async open(fileId: string, context: TableContext): Promise<Table> {
    const attached = context.files.find((file) => file.fileId === fileId)
    const file = attached && (await this.#files.find(context.userId, fileId))
    if (!file) throw new ToolError(unknownFile(fileId, context))
    const kind = tableKindOf(file)
    if (!kind) {
      throw new ToolError(
        `${file.name} is ${file.mediaType}: it has no rows. Tables are CSV, TSV, JSON, NDJSON and Parquet files, each also as .gz.`,
      )
    }
    const source = this.#files.pathOf(file)
    const database = `${source}.duckdb`
    const load = await this.#loadOnce(file, kind, database, context)
    return { file, kind, source, database, rejected: load.rejected }
  }

  #loadOnce(
    file: StoredFile,
    kind: TableKind,
    database: string,
    context: TableContext,
  ): Promise<LoadAnswer> {
    return this.#once(
      database,
      async () => {
        const refusal = this.#unreadable.get(this.#files.pathOf(file))
        if (refusal) throw refusal
        const kept = await readJson(`${this.#files.pathOf(file)}.load.json`, keptLoad)
        return kept && (await exists(database)) ? kept : undefined
      },
      () => this.#load(file, kind, database, context),
      context.signal,
    )
  }

  /** Calls that need the same file made wait for one of them; if that one is stopped, another takes over. */
  async #once<T>(
    path: string,
    kept: () => Promise<T | undefined>,
    make: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    for (;;) {
      const found = await kept()
      if (found !== undefined) return found
      const running = this.#making.get(path)
      if (!running) {
        const made = make().finally(() => this.#making.delete(path))
        this.#making.set(path, made)
        return made
      }
      await running.catch(() => undefined)
      signal.throwIfAborted()
    }
  }

  async #profile(table: Table, kept: string, context: TableContext): Promise<ProfileAnswer> {
    const { bytes } = table.file
    const request = { kind: 'profile', database: table.database, bytes } as const
    const answer = profileAnswer.parse(
      await this.#pool.ask(request, context.userId, context.signal),
    )
    await writeJson(kept, answer)
    // A file deleted meanwhile leaves nothing behind.
    if (!(await exists(table.source))) await rm(kept, { force: true })
    return answer
  }

  async #load(
    file: StoredFile,
    kind: TableKind,
    database: string,
    context: TableContext,
  ): Promise<LoadAnswer> {
    try {
      return await this.#readFile(file, kind, database, context)
    } catch (error) {
      if (error instanceof UnreadableFile) {
        if (this.#unreadable.size >= MOST_UNREADABLE) this.#unreadable.clear()
        this.#unreadable.set(this.#files.pathOf(file), error)
      }
      await rm(partialOf(database), { force: true })
      await rm(`${partialOf(database)}.wal`, { force: true })
      throw error
    }
  }

  async #readFile(
    file: StoredFile,
    kind: TableKind,
    database: string,
    context: TableContext,
  ): Promise<LoadAnswer> {
    const source = this.#files.pathOf(file)
    context.progress({ progress: 0, total: 1, note: `Reading ${file.name}` })
    const request = { kind: 'load', source, database, table: kind, bytes: file.bytes } as const
    const answer = loadAnswer.parse(
      await this.#pool.ask(request, context.userId, context.signal, (done) =>
        context.progress({ progress: done, total: 1, note: `Reading ${file.name}` }),
      ),
    )
    await rm(`${source}.profile.json`, { force: true })
    await writeJson(`${source}.load.json`, { version: READER_VERSION, ...answer })
    if (!(await exists(source))) {
      await rm(database, { force: true })
      await rm(`${source}.load.json`, { force: true })
      throw new ToolError(`${file.name} was deleted while it was being read.`)
    }
    return answer
  }
}

function unknownFile(fileId: string, context: TableContext): string {
  const tables = context.files
    .filter((file) => tableKindOf(file))
    .map((file) => `${file.fileId} (${file.name})`)
  return tables.length > 0
    ? `No file ${fileId} is attached to this thread. Tables here: ${tables.join(', ')}.`
    : `No file ${fileId} is attached to this thread, and no table is. Attach one first.`
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** What an earlier question left; undefined when there is none, or none that can be read. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  const partial = `${path}.partial`
  await writeFile(partial, JSON.stringify(value))
  await rename(partial, path)
}

/** A column of requests in which every row is one says nothing: rows are requests. */
function rolesOf(columns: readonly ColumnProfile[]): TableProfile['roles'] {
  const { requests, ...roles } = guessRoles(columns)
  const most = columns.find(({ name }) => name === requests)?.max
  return requests !== undefined && Number(most) > 1 ? { ...roles, requests } : roles
}
