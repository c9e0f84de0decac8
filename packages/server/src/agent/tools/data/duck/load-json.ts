import { rm } from 'node:fs/promises'

import type { DuckDBConnection } from '@duckdb/node-api'

import { flatten } from './flatten.ts'
import {
  checkShape,
  MOST_RECORD_BYTES,
  shapeOf,
  writeGoodLines,
  writeRecords,
} from './json-records.ts'
import type { LoadAnswer } from './messages.ts'
import { quoteText } from './quote.ts'
import { refineTextColumns } from './refine-columns.ts'
import { Refusal } from './refusal.ts'

/** All records decide the types, none is taken for a map, and a rare field is a column as well. */
const OPTIONS = `sample_size = -1, map_inference_threshold = -1, field_appearance_threshold = 0,
  maximum_object_size = ${MOST_RECORD_BYTES}, records = true`

/**
 * Reads JSON into the table `data`: one object a line, a list of objects, or an object with such a
 * list. A line that is no object is left out and counted.
 *
 * @param spare a path for records that must be written apart first; nothing stays there.
 */
export async function loadJson(
  connection: DuckDBConnection,
  source: string,
  spare: string,
  saidLines: boolean,
): Promise<LoadAnswer> {
  const shape = await shapeOf(source)
  const isLines = shape === 'lines' || (saidLines && shape !== 'list')
  await checkShape(source, isLines ? 'lines' : shape === 'list' ? 'list' : 'other')
  try {
    const rejected = await readRecords(connection, { source, spare, isLines, shape })
    const notes = await flatten(connection)
    notes.push(...(await refineTextColumns(connection, ',')))
    return {
      rejected: {
        count: rejected.count,
        reasons: [...rejected.reasons, ...notes].slice(0, 10),
      },
    }
  } finally {
    await rm(spare, { force: true })
  }
}

async function readRecords(
  connection: DuckDBConnection,
  from: { source: string; spare: string; isLines: boolean; shape: string },
): Promise<LoadAnswer['rejected']> {
  const { source, spare, isLines } = from
  if (isLines || from.shape === 'list') {
    const format = isLines ? 'newline_delimited' : 'array'
    try {
      await read(connection, source, format)
      return { count: 0, reasons: [] }
    } catch (error) {
      if (!isAboutContent(error)) throw error
    }
  }
  const rejected = isLines ? await writeGoodLines(source, spare) : await writeRecords(source, spare)
  try {
    await read(connection, spare, 'newline_delimited')
  } catch (error) {
    if (!isAboutContent(error)) throw error
    throw new Refusal(
      `This file cannot be read as JSON: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)} Write one object a line and upload it again.`,
    )
  }
  return rejected
}

/** Lack of memory, a full disk and the like are no fault of the file's. */
const isAboutContent = (error: unknown): boolean =>
  error instanceof Error &&
  /^(Invalid Input|Binder|Conversion|Serialization) Error/.test(error.message)

const read = (connection: DuckDBConnection, source: string, format: string) =>
  connection.run(
    `CREATE OR REPLACE TABLE data AS SELECT * FROM read_json(${quoteText(source)}, format = '${format}', ${OPTIONS})`,
  )
