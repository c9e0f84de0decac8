import { z } from 'zod'

import type { TableKind } from '../../../../files/files.ts'
import type { Cell, ColumnProfile } from '../schemas.ts'

/** What the server asks of a DuckDB child process; one request at a time. */
export type DuckRequest =
  /** Reads the file at `source`, of so many bytes, into a new database file. */
  | { kind: 'load'; source: string; database: string; table: TableKind; bytes: number }
  /** Of a database made of a file of so many bytes. */
  | { kind: 'profile'; database: string; bytes: number }
  /** One statement that a model or a person wrote. */
  | { kind: 'query'; database: string; sql: string; limits: ResultLimits }
  /** The same over the view `workload`, made of several files; `database` is one of theirs. */
  | {
      kind: 'workload'
      database: string
      parts: readonly WorkloadPart[]
      sql: string
      limits: ResultLimits
    }

/** What one file adds to the view `workload`: a selection of Netra's own over its table `data`. */
export interface WorkloadPart {
  database: string
  select: string
}

export interface ResultLimits {
  rows: number
  bytes: number
}

export const loadAnswer = z.object({
  rejected: z.object({ count: z.number(), reasons: z.array(z.string()) }),
})
export type LoadAnswer = z.infer<typeof loadAnswer>

export const profileAnswer = z.object({
  rows: z.number(),
  columns: z.custom<ColumnProfile[]>(Array.isArray),
})
export type ProfileAnswer = z.infer<typeof profileAnswer>

export const queryAnswer = z.object({
  columns: z.array(
    z.object({ name: z.string(), kind: z.enum(['integer', 'number', 'time', 'boolean', 'text']) }),
  ),
  /** Not walked: there may be 10,000 of them, and the child made them. */
  rows: z.custom<Cell[][]>(Array.isArray),
  truncated: z.boolean(),
})
export type QueryAnswer = z.infer<typeof queryAnswer>

export interface RequestMessage {
  id: number
  request: DuckRequest
  /** W3C: of the run that asks; the process bears its trace id as its name meanwhile. */
  traceparent?: string | undefined
}

export type AnswerMessage =
  | { id: number; status: 'ok'; value: LoadAnswer | ProfileAnswer | QueryAnswer }
  /** How far it is, from 0 to 1; its answer follows. */
  | { id: number; status: 'under_way'; done: number }
  /** The SQL or the data is at fault; the message is for its author. */
  | { id: number; status: 'refused'; message: string }
  /** As `refused`, and the last word of this process: it used more memory than it may. */
  | { id: number; status: 'ending'; message: string }
  | { id: number; status: 'failed'; message: string }
