import { MOST_COLUMNS } from './most-columns.ts'
import { Refusal } from './refusal.ts'

/** The names in a record's objects decide the types that are made. */
const MOST_NAMES = 20_000

const START = 0x811c9dc5
const QUOTE = 0x22
const COLON = 0x3a

/** Counts the different names in JSON that goes by byte for byte; none is kept, only its hash. */
export class NameCount {
  readonly #rowDepth: number | undefined
  readonly #columns = new Set<number>()
  readonly #names = new Set<number>()
  #hash = START

  constructor(shape: 'lines' | 'list' | 'other') {
    this.#rowDepth = { lines: 1, list: 2, other: undefined }[shape]
  }

  /** A byte of a text. */
  letter(byte: number): void {
    this.#hash = Math.imul(this.#hash ^ byte, 16_777_619)
  }

  /** A byte outside of texts. @throws Refusal at the first name that is one too many. */
  between(byte: number, depth: number): void {
    if (byte === QUOTE) this.#hash = START
    if (byte !== COLON) return
    const isColumn = depth === this.#rowDepth
    const known = isColumn ? this.#columns : this.#names
    known.add(this.#hash)
    if (known.size > (isColumn ? MOST_COLUMNS : MOST_NAMES)) throw tooMany(isColumn)
  }
}

const tooMany = (isColumn: boolean): Refusal =>
  new Refusal(
    isColumn
      ? `The records of this JSON have more than ${MOST_COLUMNS} different fields, and a table may have as many columns. Write what changes from record to record as a value, not as a name, and upload it again.`
      : `The objects in this JSON have more than ${MOST_NAMES} different names. Write what changes from record to record as a value, not as a name, and upload it again.`,
  )
