import type { ColumnProfile } from '../../../tools/data/schemas.ts'
import type { Meaning } from './meaning.ts'

export interface Place {
  /** As it stands in the question. */
  text: string
  start: number
  end: number
}

/** A token or phrase with its meaning. Words without one stay, so that nothing is lost in silence. */
export type Term = Place &
  (
    | Exclude<Meaning, { kind: 'filler' | 'who' | 'duration' | 'plus' }>
    | { kind: 'column'; column: ColumnProfile; plural: boolean; exact: boolean; noun?: string }
    | { kind: 'ambiguous'; candidates: string[] }
    | { kind: 'number'; value: string }
    | { kind: 'ordinal'; value: number; percentile: boolean }
    | { kind: 'date' | 'time' | 'moment' | 'period'; value: string }
    | { kind: 'text'; value: string; quoted: boolean }
  )
