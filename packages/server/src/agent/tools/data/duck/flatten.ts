import type { DuckDBConnection } from '@duckdb/node-api'

import { quoteName, quoteText } from './quote.ts'

const MOST_COLUMNS = 500
const MOST_LEVELS = 8

/** The list of a usage API's period: one row for each of its results. */
const INNER_LIST = /^results$/i

interface Column {
  name: string
  type: string
}

/**
 * Makes a plain table of nested records: a field of an object becomes a column of its own
 * (`usage.input_tokens`), a record with a list of results one row for each of them, lists of plain
 * values stay lists, and what is nested otherwise becomes its JSON text.
 */
export async function flatten(connection: DuckDBConnection): Promise<string[]> {
  const notes: string[] = []
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    const columns = await columnsOf(connection)
    const inner = columns.find(
      ({ name, type }) => INNER_LIST.test(name) && /^STRUCT.*\[\]$/.test(type),
    )
    if (inner) {
      notes.push(...(await spreadResults(connection, inner.name, columns)))
      continue
    }
    const objects = columns.filter(({ type }) => isObject(type))
    if (objects.length === 0) break
    const fields = new Map<string, string[]>()
    for (const { name } of objects) fields.set(name, await fieldsOf(connection, name))
    const wanted = [...fields.values()].reduce((sum, names) => sum + names.length, columns.length)
    if (wanted > MOST_COLUMNS) break
    await replaceData(connection, selectionOf(columns, fields))
  }
  await settleTypes(connection)
  return notes
}

const isObject = (type: string): boolean => type.startsWith('STRUCT(') && !type.endsWith('[]')

export async function columnsOf(connection: DuckDBConnection): Promise<Column[]> {
  const shape = await connection.runAndReadAll('DESCRIBE data')
  return shape.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
}

async function fieldsOf(connection: DuckDBConnection, name: string): Promise<string[]> {
  const shape = await connection.runAndReadAll(
    `DESCRIBE SELECT unnest(${quoteName(name)}) FROM data LIMIT 0`,
  )
  return shape.getRows().map(([field]) => String(field))
}

function selectionOf(columns: readonly Column[], fields: ReadonlyMap<string, string[]>): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  const named = (name: string): string => {
    let free = name
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${name}_${count}`
    taken.add(free.toLowerCase())
    return quoteName(free)
  }
  return columns
    .flatMap(({ name }) => {
      const inside = fields.get(name)
      if (!inside) return [quoteName(name)]
      return inside.map(
        (field) =>
          `struct_extract(${quoteName(name)}, ${quoteText(field)}) AS ${named(`${name}.${field}`)}`,
      )
    })
    .join(', ')
}

async function spreadResults(
  connection: DuckDBConnection,
  name: string,
  columns: readonly Column[],
): Promise<string[]> {
  const list = quoteName(name)
  const empty = await connection.runAndReadAll(
    `SELECT count(*) FROM data WHERE len(${list}) = 0 OR ${list} IS NULL`,
  )
  const outer = columns.filter((column) => column.name !== name)
  const taken = new Set(outer.map((column) => column.name.toLowerCase()))
  await replaceData(
    connection,
    [...outer.map((column) => quoteName(column.name)), `unnest(${list}) AS ${list}`].join(', '),
  )
  const fields = await fieldsOf(connection, name)
  const inner = fields.map((field) => {
    const free = taken.has(field.toLowerCase()) ? `${name}.${field}` : field
    return `struct_extract(${list}, ${quoteText(field)}) AS ${quoteName(free)}`
  })
  await replaceData(
    connection,
    [...outer.map((column) => quoteName(column.name)), ...inner].join(', '),
  )
  const count = Number(empty.getRows()[0]?.[0] ?? 0)
  return count > 0 ? [`${count} records have no ${name}, so that no row came of them`] : []
}

/** A list that stays one: ids of prompt blocks, for example. */
const IDS = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?\[\]$/

/** Texts of lists and objects that stay nested; times of one type; texts without JSON's quotes. */
async function settleTypes(connection: DuckDBConnection): Promise<void> {
  const columns = await columnsOf(connection)
  const settled = columns.map(({ name, type }) => {
    const column = quoteName(name)
    if (type === 'JSON')
      return `CASE json_type(${column}) WHEN 'VARCHAR' THEN ${column}->>'$' WHEN 'NULL' THEN NULL ELSE ${column}::VARCHAR END AS ${column}`
    if (/^(STRUCT|MAP|UNION)\b/.test(type) || (type.endsWith('[]') && !IDS.test(type)))
      return `to_json(${column})::VARCHAR AS ${column}`
    if (type === 'TIMESTAMP WITH TIME ZONE' || /^TIMESTAMP_(S|MS|NS)$/.test(type))
      return `${column}::TIMESTAMP AS ${column}`
    return type === 'UUID' || type === 'BLOB' ? `${column}::VARCHAR AS ${column}` : column
  })
  if (settled.some((selected, index) => selected !== quoteName(columns[index]?.name ?? '')))
    await replaceData(connection, settled.join(', '))
}

async function replaceData(connection: DuckDBConnection, selection: string): Promise<void> {
  await connection.run(`CREATE TABLE flatter AS SELECT ${selection} FROM data`)
  await connection.run('DROP TABLE data')
  await connection.run('ALTER TABLE flatter RENAME TO data')
}
