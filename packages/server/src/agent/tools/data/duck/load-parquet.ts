import type { DuckDBConnection } from '@duckdb/node-api'

import { flatten } from './flatten.ts'
import type { LoadAnswer } from './messages.ts'
import { MOST_COLUMNS } from './most-columns.ts'
import { quoteText } from './quote.ts'
import { Refusal } from './refusal.ts'

/** A few kilobytes of Parquet can stand for any number of equal rows. */
const MOST_ROWS = 200_000_000
/** What the pages of any file may hold, unpacked; a larger file may hold more. */
const MOST_PAGE_BYTES = 4_000_000_000

/**
 * Reads Parquet into the table `data`.
 *
 * @param mostBytes what the database may take.
 */
export async function loadParquet(
  connection: DuckDBConnection,
  source: string,
  mostBytes: number,
): Promise<LoadAnswer> {
  try {
    const counted = await connection.runAndReadAll(
      `SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata(${quoteText(source)})`,
    )
    const rows = Number(counted.getRows()[0]?.[0] ?? 0)
    if (rows > MOST_ROWS) {
      throw new Refusal(
        `This Parquet file has ${rows} rows and Netra reads ${MOST_ROWS}: split it by time and upload the parts.`,
      )
    }
    const leaves = await connection.runAndReadAll(
      `SELECT count(*)::INTEGER FROM parquet_schema(${quoteText(source)}) WHERE coalesce(num_children, 0) = 0`,
    )
    const columns = Number(leaves.getRows()[0]?.[0] ?? 0)
    if (columns > MOST_COLUMNS) {
      throw new Refusal(
        `This Parquet file has ${columns} columns, and a table may have ${MOST_COLUMNS}. Leave out columns you do not need and upload it again.`,
      )
    }
    const pages = await connection.runAndReadAll(
      `SELECT sum(total_uncompressed_size)::DOUBLE FROM parquet_metadata(${quoteText(source)})`,
    )
    const most = Math.max(MOST_PAGE_BYTES, mostBytes)
    if (Number(pages.getRows()[0]?.[0] ?? 0) > most) {
      throw new Refusal(
        `This Parquet file unpacks to more than ${most / 1_000_000_000} GB, which is more than Netra reads: leave out columns you do not need, or split it by time, and upload the parts.`,
      )
    }
    await connection.run(
      `CREATE OR REPLACE TABLE data AS SELECT * FROM read_parquet(${quoteText(source)})`,
    )
  } catch (error) {
    if (!(error instanceof Error) || /^(Out of Memory|IO|INTERRUPT) Error/.test(error.message))
      throw error
    if (error instanceof Refusal) throw error
    throw new Refusal(
      `This file cannot be read as Parquet: ${error.message.split('\n')[0] ?? ''} It may be damaged, encrypted or cut; export it again and upload it again.`,
    )
  }
  return { rejected: { count: 0, reasons: await flatten(connection) } }
}
