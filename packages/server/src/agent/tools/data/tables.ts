import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { z } from 'zod'

import type { Files, StoredFile } from '../../../files/files.ts'
import { ToolError, type ToolContext } from '../tool.ts'
import type { DuckPool } from './duck/duck-pool.ts'
import {
  loadAnswer,
  profileAnswer,
  queryAnswer,
  type LoadAnswer,
  type QueryAnswer,
  type ResultLimits,
} from './duck/messages.ts'
import { guessRoles } from './roles.ts'
import type { TableProfile } from './schemas.ts'

export interface TablesOptions {
  files: Files
  pool: DuckPool
  /** Where DuckDB may spill what does not fit its memory. */
  scratch: string
}

/** One uploaded CSV, open for questions. */
export interface Table {
  file: StoredFile
  source: string
  /** The DuckDB file made of it. */
  database: string
  rejected: LoadAnswer['rejected']
}

/**
 * Uploaded CSV files as tables. Each is read once into a DuckDB file that lies beside its content
 * as `<content>.duckdb`, so that it is removed with it; what the reader had to say is kept in
 * `<content>.load.json`, exact column figures in `<content>.profile.json`.
 */
export class Tables {
  readonly #options: TablesOptions
  readonly #loading = new Map<string, Promise<unknown>>()

  constructor(options: TablesOptions) {
    this.#options = options
  }

  async query(
    fileId: string,
    sql: string,
    limits: ResultLimits,
    context: ToolContext,
  ): Promise<QueryAnswer> {
    const table = await this.#open(fileId, context)
    const request = {
      kind: 'query',
      database: table.database,
      scratch: this.#options.scratch,
      sql,
      limits,
    } as const
    return queryAnswer.parse(await this.#options.pool.ask(request, context.userId, context.signal))
  }

  async profile(fileId: string, context: ToolContext): Promise<TableProfile> {
    const table = await this.#open(fileId, context)
    const kept = `${table.source}.profile.json`
    let answer = await readJson(kept, profileAnswer)
    if (!answer) {
      const request = {
        kind: 'profile',
        database: table.database,
        scratch: this.#options.scratch,
      } as const
      answer = profileAnswer.parse(
        await this.#options.pool.ask(request, context.userId, context.signal),
      )
      await writeJson(kept, answer)
    }
    return {
      file_id: table.file.fileId,
      name: table.file.name,
      table: 'data',
      rows: answer.rows,
      columns: answer.columns,
      rejected: table.rejected,
      roles: guessRoles(answer.columns),
    }
  }

  /** Only a file of this thread that belongs to this user is ever opened. */
  async #open(fileId: string, context: ToolContext): Promise<Table> {
    const attached = context.files.find((file) => file.fileId === fileId)
    const file = attached && (await this.#options.files.find(context.userId, fileId))
    if (!file) throw new ToolError(unknownFile(fileId, context))
    if (!isTable(file)) {
      throw new ToolError(
        `${file.name} is ${file.mediaType}, not a CSV file: it has no rows to query.`,
      )
    }
    const source = this.#options.files.pathOf(file)
    const database = `${source}.duckdb`
    const load = await this.#loadOnce(source, database, context)
    return { file, source, database, rejected: load.rejected }
  }

  async #loadOnce(source: string, database: string, context: ToolContext): Promise<LoadAnswer> {
    for (;;) {
      const kept = await readJson(`${source}.load.json`, loadAnswer)
      if (kept && (await exists(database))) return kept
      const running = this.#loading.get(source)
      if (!running) return this.#load(source, database, context)
      // Another call reads the same file; if it is stopped, this one takes over.
      await running.catch(() => undefined)
      context.signal.throwIfAborted()
    }
  }

  async #load(source: string, database: string, context: ToolContext): Promise<LoadAnswer> {
    const { pool, scratch } = this.#options
    const work = async (): Promise<LoadAnswer> => {
      await mkdir(scratch, { recursive: true })
      const request = { kind: 'load', source, database, scratch } as const
      const answer = loadAnswer.parse(await pool.ask(request, context.userId, context.signal))
      await writeJson(`${source}.load.json`, answer)
      return answer
    }
    const running = work()
    this.#loading.set(source, running)
    try {
      return await running
    } finally {
      this.#loading.delete(source)
    }
  }
}

export const scratchBelow = (dataFolder: string): string => join(dataFolder, 'tmp', 'duckdb')

export const isTable = (file: { name: string; mediaType: string }): boolean =>
  file.mediaType === 'text/csv' || file.mediaType === 'text/tab-separated-values'

function unknownFile(fileId: string, context: ToolContext): string {
  const tables = context.files.filter(isTable).map((file) => `${file.fileId} (${file.name})`)
  return tables.length > 0
    ? `No file ${fileId} is attached to this thread. Tables here: ${tables.join(', ')}.`
    : `No file ${fileId} is attached to this thread, and no CSV file is. Attach one first.`
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
