import { rename, rm } from 'node:fs/promises'

import { openForLoading, quoteText, type OpenDatabase } from './database.ts'
import type { LoadAnswer } from './messages.ts'

/** Reads a CSV into the table `data` of a new database file, which appears whole or not at all. */
export async function loadCsv(source: string, path: string, scratch: string): Promise<LoadAnswer> {
  const partial = `${path}.${process.pid}.partial`
  await rm(partial, { force: true })
  try {
    const database = await openForLoading(partial, scratch)
    let answer: LoadAnswer
    try {
      answer = await readInto(database, source)
    } finally {
      database.close()
    }
    await rename(partial, path)
    return answer
  } finally {
    await rm(partial, { force: true })
    await rm(`${partial}.wal`, { force: true })
  }
}

async function readInto({ connection }: OpenDatabase, source: string): Promise<LoadAnswer> {
  await connection.run(
    `CREATE TABLE data AS SELECT * FROM read_csv(${quoteText(source)}, store_rejects = true)`,
  )
  const errors = await connection.runAndReadAll('SELECT count(DISTINCT line) FROM reject_errors')
  return { rejected: { count: Number(errors.getRows()[0]?.[0] ?? 0), reasons: [] } }
}
