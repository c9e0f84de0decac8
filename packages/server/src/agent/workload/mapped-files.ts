import { createHash } from 'node:crypto'

import { type StoredFile, tableKindOf } from '../../files/files.ts'
import type { TableContext, Tables } from '../tools/data/tables.ts'
import { ToolError } from '../tools/tool.ts'
import { doubtsOf, doubtsSql, problemsOf, type Doubts } from './check-mapping.ts'
import type { FileColumns } from './mapping-sql.ts'
import type { MappingStore } from './mapping-store.ts'
import type { Mapping } from './mapping.ts'
import { recognise } from './recognise.ts'

/** A file as it is read: its columns, what is made of them, and what could not be. */
export interface MappedFile {
  file: StoredFile
  /** What it was recognised as; the file's own format when nothing was. */
  format: string
  note: string | undefined
  columns: FileColumns
  mapping: Mapping
  /** A person corrected what was recognised. */
  corrected: boolean
  rows: number
  rejected: { count: number; reasons: string[] }
  database: string
  /** Columns that are what they should be in every row. */
  plain: Doubts['plain']
  /** Times that are read as empty. */
  oddTimes: Doubts['oddTimes']
  /** Columns without a value in any row. */
  empty: Doubts['empty']
}

const ONE_ROW = { rows: 1_000, bytes: 1_000_000 }
const MOST_KEPT = 200

export class MappedFiles {
  readonly #tables: Tables
  readonly #store: MappingStore
  /** What was counted of a file under a mapping: neither changes. */
  readonly #doubts = new Map<string, Doubts>()

  constructor(tables: Tables, store: MappingStore) {
    this.#tables = tables
    this.#store = store
  }

  /** @throws ToolError when there is no such file, or nothing of it can be read. */
  async open(fileId: string, context: TableContext): Promise<MappedFile> {
    const columns = await this.#columnsOf(fileId, context)
    const corrected = await this.#store.find(context.userId, fileId)
    return this.#read(fileId, columns, corrected, context)
  }

  /**
   * How the file would be read under `wanted`; nothing is stored.
   * @throws ToolError that says what is wrong with the mapping.
   */
  async tryOut(fileId: string, wanted: Mapping, context: TableContext): Promise<MappedFile> {
    const columns = await this.#columnsOf(fileId, context)
    const problems = problemsOf(wanted, columns)
    if (problems.length > 0) throw new ToolError(problems.join(' '))
    const doubts = await this.#doubtsOf(fileId, columns, wanted, context)
    if (doubts.unreadable.length > 0) throw new ToolError(doubts.unreadable.join(' '))
    return this.#read(fileId, columns, wanted, context)
  }

  async #read(
    fileId: string,
    columns: FileColumns,
    corrected: Mapping | undefined,
    context: TableContext,
  ): Promise<MappedFile> {
    const table = await this.#tables.open(fileId, context)
    const kind = tableKindOf(table.file)?.format ?? 'csv'
    const recognised = recognise(columns, kind)
    const mapping = corrected ?? recognised.mapping
    const doubts = await this.#doubtsOf(fileId, columns, mapping, context)
    return {
      file: table.file,
      format: recognised.format,
      note: recognised.note,
      columns,
      mapping,
      corrected: corrected !== undefined,
      rows: doubts.rows,
      rejected: {
        count: table.rejected.count + doubts.rejected.count,
        reasons: [...table.rejected.reasons, ...doubts.rejected.reasons],
      },
      database: table.database,
      plain: doubts.plain,
      oddTimes: doubts.oddTimes,
      empty: doubts.empty,
    }
  }

  async #columnsOf(fileId: string, context: TableContext): Promise<FileColumns> {
    const sql = 'SELECT column_name, column_type FROM (DESCRIBE data)'
    const shape = await this.#tables.query(fileId, sql, ONE_ROW, context)
    return new Map(shape.rows.map(([name, type]) => [String(name), String(type)]))
  }

  async #doubtsOf(
    fileId: string,
    columns: FileColumns,
    mapping: Mapping,
    context: TableContext,
  ): Promise<Doubts> {
    const key = `${fileId} ${createHash('sha256').update(JSON.stringify(mapping)).digest('hex')}`
    const known = this.#doubts.get(key)
    if (known) return known
    const answer = await this.#tables.query(fileId, doubtsSql(mapping, columns), ONE_ROW, context)
    const doubts = doubtsOf(answer.rows[0] ?? [], mapping, columns)
    if (this.#doubts.size >= MOST_KEPT) this.#doubts.clear()
    this.#doubts.set(key, doubts)
    return doubts
  }
}
