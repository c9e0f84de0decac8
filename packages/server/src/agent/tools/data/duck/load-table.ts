import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { DuckDBConnection } from '@duckdb/node-api'

import type { TableKind } from '../../../../files/files.ts'
import { openForLoading } from './database.ts'
import { readCsv } from './load-csv.ts'
import { loadJson } from './load-json.ts'
import { loadParquet } from './load-parquet.ts'
import type { LoadAnswer } from './messages.ts'
import { partialOf } from './partial.ts'
import { unpack } from './unpack.ts'

/** How far a load is, from 0 to 1, as far as DuckDB can tell. */
export type LoadProgress = (done: number) => void

const LOOK_EVERY_MS = 500

/**
 * Reads a file into the table `data` of a new database file, which appears whole or not at all.
 *
 * @throws Refusal when the file is at fault; its message says what to do.
 */
export async function loadTable(
  from: { source: string; path: string; scratch: string; table: TableKind },
  progress: LoadProgress,
): Promise<LoadAnswer> {
  const { path, scratch, table } = from
  const partial = partialOf(path)
  const unpacked = join(scratch, 'unpacked')
  await rm(partial, { force: true })
  await rm(`${partial}.wal`, { force: true })
  try {
    if (table.gzip) await unpack(from.source, unpacked)
    const source = table.gzip ? unpacked : from.source
    const database = await openForLoading(partial, scratch)
    let answer: LoadAnswer
    try {
      answer = await watched(database.connection, progress, () =>
        readAs(table, database.connection, source, join(scratch, 'records')),
      )
    } finally {
      database.close()
    }
    await rename(partial, path)
    return answer
  } finally {
    await rm(unpacked, { force: true })
  }
}

function readAs(
  { format }: TableKind,
  connection: DuckDBConnection,
  source: string,
  spare: string,
): Promise<LoadAnswer> {
  switch (format) {
    case 'csv':
      return readCsv(connection, source)
    case 'json':
    case 'ndjson':
      return loadJson(connection, source, spare, format === 'ndjson')
    case 'parquet':
      return loadParquet(connection, source)
    default:
      return format satisfies never
  }
}

async function watched<T>(
  connection: DuckDBConnection,
  progress: LoadProgress,
  work: () => Promise<T>,
): Promise<T> {
  await connection.run('SET enable_progress_bar = true')
  await connection.run('SET enable_progress_bar_print = false')
  const look = setInterval(() => {
    const { percentage } = connection.progress
    if (percentage > 0) progress(percentage / 100)
  }, LOOK_EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(look)
  }
}
