import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'

import { z } from 'zod'

import { createDataTools } from '../src/agent/tools/data/data-tools.ts'
import type { ToolContext } from '../src/agent/tools/tool.ts'
import { createMappingStore } from '../src/agent/workload/mapping-store.ts'
import type { Files, StoredFile } from '../src/files/files.ts'
import { openFiles } from '../src/files/open-files.ts'
import { systemClock } from '../src/platform/clock.ts'
import { silentLogger } from '../src/platform/logger.ts'
import type { Rows } from '../src/platform/statement.ts'

const VALUES = z.array(z.union([z.string(), z.number(), z.null()]))

/** Rows over a real SQLite with the tables that data tools use, as the journal offers them. */
function sqliteRows(): Rows {
  const database = new DatabaseSync(':memory:')
  database.exec(
    `CREATE TABLE file (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, media_type TEXT, bytes INTEGER, sha256 TEXT, origin TEXT, created_at TEXT);
     CREATE TABLE workload_mapping (file_id TEXT PRIMARY KEY, user_id TEXT, mapping TEXT, updated_at TEXT);`,
  )
  return {
    query: async ({ sql, parameters }) =>
      z.custom<never[]>().parse(database.prepare(sql).all(...VALUES.parse(parameters))),
    write: async (statements) => {
      for (const { sql, parameters } of statements)
        database.prepare(sql).run(...VALUES.parse(parameters))
    },
  }
}

export interface DataStage extends AsyncDisposable {
  files: Files
  tools: ReturnType<typeof createDataTools>
  /** Stores a file of the user `ann`. */
  store(name: string, content: string | Buffer | Readable, mediaType?: string): Promise<StoredFile>
  contextOf(files: readonly StoredFile[], signal?: AbortSignal): ToolContext
}

/** The data tools over real files and real DuckDB children, in a folder of their own. */
export async function openDataStage(limits: { maxFileBytes?: number } = {}): Promise<DataStage> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-data-stage-'))
  const rows = sqliteRows()
  const files = await openFiles({
    folder: join(folder, 'files'),
    rows,
    clock: systemClock,
    limits,
  })
  const tools = createDataTools({
    files,
    mappings: createMappingStore(rows),
    dataFolder: folder,
    logger: silentLogger,
    clock: systemClock,
  })
  return {
    files,
    tools,
    store: (name, content, mediaType = 'application/octet-stream') =>
      files.store({
        userId: 'ann',
        name,
        mediaType,
        origin: 'upload',
        content: content instanceof Readable ? content : Readable.from([Buffer.from(content)]),
      }),
    contextOf: (attached, signal = new AbortController().signal) => ({
      userId: 'ann',
      threadId: 'thread',
      runId: 'run',
      files: attached,
      signal,
      progress: () => undefined,
    }),
    async [Symbol.asyncDispose]() {
      await tools[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
