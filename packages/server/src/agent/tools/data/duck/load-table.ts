import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { DuckDBConnection } from '@duckdb/node-api'

import type { TableKind } from '../../../../files/files.ts'
import { openForLoading } from './database.ts'
import { readCsv } from './load-csv.ts'
import { loadJson } from './load-json.ts'
import { loadParquet } from './load-parquet.ts'
import type { LoadAnswer } from './messages.ts'
import { partialOf } from './partial.ts'
import { Refusal } from './refusal.ts'
import { unpack } from './unpack.ts'

/** How far a load is, from 0 to 1, as far as DuckDB can tell. */
export type LoadProgress = (done: number) => void

const LOOK_EVERY_MS = 500

/**
 * The database of a file may take so many bytes, or so many times the bytes of the file as it was
 * uploaded: a few megabytes can be made to stand for any number of equal texts.
 */
const LEAST_BOUND = 1_000_000_000
const MOST_GROWTH = 20

/**
 * Reads a file into the table `data` of a new database file, which appears whole or not at all.
 *
 * @throws Refusal when the file is at fault; its message says what to do.
 */
export async function loadTable(
  from: {
    source: string
    path: string
    scratch: string
    table: TableKind
    /** Bytes that the database of any file may take, however small it is; 1 GB unless given. */
    leastBound?: number
  },
  progress: LoadProgress,
): Promise<LoadAnswer> {
  const { path, scratch, table } = from
  const partial = partialOf(path)
  const unpacked = join(scratch, 'unpacked')
  const { size } = await stat(from.source)
  const mostBytes = Math.max(from.leastBound ?? LEAST_BOUND, MOST_GROWTH * size)
  await remove(partial)
  try {
    if (table.gzip) await unpack(from.source, unpacked)
    const source = table.gzip ? unpacked : from.source
    const database = await openForLoading(partial, scratch)
    let answer: LoadAnswer
    try {
      const room = { partial, scratch, mostBytes }
      answer = await watched(database.connection, room, progress, () =>
        readAs(table, database.connection, { source, spare: join(scratch, 'records'), mostBytes }),
      )
    } finally {
      database.close()
    }
    await rename(partial, path)
    return answer
  } catch (error) {
    await remove(partial)
    throw error
  } finally {
    await rm(unpacked, { force: true })
  }
}

function readAs(
  { format }: TableKind,
  connection: DuckDBConnection,
  from: { source: string; spare: string; mostBytes: number },
): Promise<LoadAnswer> {
  const { source, spare, mostBytes } = from
  switch (format) {
    case 'csv':
      return readCsv(connection, source, spare)
    case 'json':
    case 'ndjson':
      return loadJson(connection, source, spare, format === 'ndjson')
    case 'parquet':
      return loadParquet(connection, source, mostBytes)
    default:
      return format satisfies never
  }
}

async function remove(database: string): Promise<void> {
  await rm(database, { force: true })
  await rm(`${database}.wal`, { force: true })
}

/** Of a database, and of what is spilled while it is made. */
async function sizeOf(database: string, scratch: string): Promise<number> {
  const spilled = (await readdir(scratch)).filter((name) => name.startsWith('duckdb_temp'))
  const paths = [database, `${database}.wal`, ...spilled.map((name) => join(scratch, name))]
  const sizes = paths.map(async (path) => {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
      throw error
    }
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Does the work, tells how far it is, and stops it when the database takes more than it may. */
async function watched<T>(
  connection: DuckDBConnection,
  { partial, scratch, mostBytes }: { partial: string; scratch: string; mostBytes: number },
  progress: LoadProgress,
  work: () => Promise<T>,
): Promise<T> {
  await connection.run('SET enable_progress_bar = true')
  await connection.run('SET enable_progress_bar_print = false')
  let problem: Error | undefined
  let isOver = false
  const measure = async (): Promise<void> => {
    if ((await sizeOf(partial, scratch)) > mostBytes) problem ??= tooLarge(mostBytes)
  }
  const look = setInterval(() => {
    const { percentage } = connection.progress
    if (percentage > 0) progress(percentage / 100)
    void measure()
      .catch((error: unknown) => {
        problem ??= error instanceof Error ? error : new Error(String(error))
      })
      // Each time: the work may go on with another statement.
      .then(() => problem && !isOver && connection.interrupt())
  }, LOOK_EVERY_MS)
  try {
    const done = await work()
    await measure()
    if (problem) throw problem
    return done
  } catch (error) {
    throw problem ?? error
  } finally {
    isOver = true
    clearInterval(look)
  }
}

const tooLarge = (mostBytes: number): Refusal =>
  new Refusal(
    `This file unpacks to a table of more than ${Math.round(mostBytes / 1_000_000)} MB, which is more than Netra keeps of a file of its size. Leave out long texts and columns you do not need, or split it, and upload the parts.`,
  )
