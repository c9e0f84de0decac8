import { open, rm } from 'node:fs/promises'

import type { DuckDBConnection } from '@duckdb/node-api'

import { withoutWideRows } from './csv-width.ts'
import type { LoadAnswer } from './messages.ts'
import { quoteText } from './quote.ts'
import { readDoubtfulColumns, refineTextColumns, roundedColumns } from './refine-columns.ts'
import { Refusal } from './refusal.ts'

/** Options of DuckDB's CSV reader, by name, as SQL. */
type ReadOptions = Record<string, string>

/**
 * Reads a CSV into the table `data`. The reader guesses delimiter, quotes, header and types from the first 20,480 rows. A row of
 * another shape is left out and counted. A value of another type must not cost its whole row: such
 * a column is read again as text, and made a number afterwards where that is what it nearly always is.
 *
 * @param spare a path for the rows when some must be left out first; nothing stays there.
 */
export async function readCsv(
  connection: DuckDBConnection,
  file: string,
  spare: string,
): Promise<LoadAnswer> {
  const { path: source, rejected: wide } = await withoutWideRows(file, spare)
  try {
    const { rejected } = await readNarrow(connection, source)
    return {
      rejected: {
        count: wide.count + rejected.count,
        reasons: [...wide.reasons, ...rejected.reasons].slice(0, 10),
      },
    }
  } finally {
    await rm(spare, { force: true })
  }
}

async function readNarrow(connection: DuckDBConnection, source: string): Promise<LoadAnswer> {
  const options = await readAsGuessed(connection, source)
  const doubtful = await columnsWith(connection, 'CAST')
  const asText = [...doubtful.map(({ name }) => name), ...(await roundedColumns(connection))]
  if (asText.length > 0) {
    const types = [...new Set(asText)].map((name) => `${quoteText(name)}: 'VARCHAR'`)
    await read(connection, source, { ...options, types: `{${types.join(', ')}}` })
  }
  const unreadable = await readDoubtfulColumns(connection, doubtful)
  const notes = await refineTextColumns(connection, await delimiterOf(connection, source, options))
  const left = await leftOutRows(connection)
  return {
    rejected: {
      count: left.count + unreadable.count,
      reasons: [...left.reasons, ...unreadable.reasons, ...notes].slice(0, 10),
    },
  }
}

async function readAsGuessed(connection: DuckDBConnection, source: string): Promise<ReadOptions> {
  const encoding: ReadOptions = (await startsAsUtf16(source)) ? { encoding: "'utf-16'" } : {}
  const lax = { ...encoding, strict_mode: 'false' }
  const attempts = [encoding, lax, { ...lax, all_varchar: 'true', null_padding: 'true' }]
  let problem: unknown
  for (const options of attempts) {
    try {
      await read(connection, source, options)
      const notUtf8 = await columnsWith(connection, 'INVALID ENCODING')
      if (notUtf8.length === 0) return options
      const western = { ...options, encoding: "'latin-1'" }
      await read(connection, source, western)
      return western
    } catch (error) {
      problem = error
    }
  }
  // A full disk is no fault of the file's.
  if (problem instanceof Error && problem.message.startsWith('IO Error')) throw problem
  throw new Refusal(
    `This file cannot be read as CSV: ${problem instanceof Error ? (problem.message.split('\n')[0] ?? '') : String(problem)} Save it as CSV with one header line, UTF-8 and the same columns in every row, and upload it again.`,
  )
}

async function read(
  connection: DuckDBConnection,
  source: string,
  options: ReadOptions,
): Promise<void> {
  await connection.run('DROP TABLE IF EXISTS reject_errors')
  await connection.run('DROP TABLE IF EXISTS reject_scans')
  const written = Object.entries(options).map(([name, value]) => `, ${name} = ${value}`)
  await connection.run(
    `CREATE OR REPLACE TABLE data AS SELECT * FROM read_csv(${quoteText(source)}, store_rejects = true${written.join('')})`,
  )
}

async function startsAsUtf16(source: string): Promise<boolean> {
  const file = await open(source, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return buffer.readUInt16BE() === 0xfffe
  } finally {
    await file.close()
  }
}

/** Columns in which the reader met an error of one kind, with the type it had guessed. */
async function columnsWith(
  connection: DuckDBConnection,
  errorType: string,
): Promise<{ name: string; type: string }[]> {
  const names = await connection.runAndReadAll(
    `SELECT DISTINCT column_name FROM reject_errors WHERE error_type = ${quoteText(errorType)} AND column_name IS NOT NULL`,
  )
  const shape = await connection.runAndReadAll('SELECT * FROM data LIMIT 0')
  const columns = shape.columnNames()
  return names.getRows().flatMap(([name]) => {
    const index = columns.indexOf(String(name))
    return index < 0 ? [] : [{ name: String(name), type: String(shape.columnType(index)) }]
  })
}

async function delimiterOf(
  connection: DuckDBConnection,
  source: string,
  { encoding }: ReadOptions,
): Promise<string> {
  const written = encoding === undefined ? '' : `, encoding = ${encoding}`
  try {
    const sniffed = `SELECT Delimiter FROM sniff_csv(${quoteText(source)}, strict_mode = false${written})`
    const found = await connection.runAndReadAll(sniffed)
    return String(found.getRows()[0]?.[0] ?? ',')
  } catch {
    return ','
  }
}

async function leftOutRows(connection: DuckDBConnection): Promise<LoadAnswer['rejected']> {
  const total = await connection.runAndReadAll('SELECT count(DISTINCT line) FROM reject_errors')
  const kinds = await connection.runAndReadAll(
    `SELECT lower(error_type::VARCHAR), count(DISTINCT line), min(line), arg_min(error_message, line)
     FROM reject_errors GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`,
  )
  return {
    count: Number(total.getRows()[0]?.[0] ?? 0),
    reasons: kinds.getRows().map(([kind, count, line, message]) => {
      const detail = String(message).split('\n')[0]?.slice(0, 200) ?? ''
      return `${String(count)} left out, ${String(kind)}: first on line ${String(line)} (${detail})`
    }),
  }
}
