import { numberOf } from './money.ts'
import { orderedRows } from './prefix-sql.ts'
import type { Subject } from './subject.ts'

/** More accesses than this are not simulated: who waits beside it would notice. */
export const MOST_ACCESSES = 3_000_000
const PAGE_ROWS = 10_000

interface Block {
  seenMs: number
}

/**
 * Least recently used blocks of bounded number. A request's blocks are touched from the last to the
 * first, so that a prefix outlives what follows it, as serving engines do.
 */
export class LruBlocks {
  readonly #blocks = new Map<string, Block>()
  readonly #capacity: number
  readonly #ttlMs: number

  constructor(capacity: number, ttlMs: number) {
    this.#capacity = capacity
    this.#ttlMs = ttlMs
  }

  /** How many leading blocks are there; all of them are afterwards, as far as they fit. */
  take(blocks: readonly string[], atMs: number): number {
    let there = 0
    for (const block of blocks) {
      const found = this.#blocks.get(block)
      if (!found || atMs - found.seenMs > this.#ttlMs) break
      there += 1
    }
    for (const block of blocks.toReversed()) {
      this.#blocks.delete(block)
      this.#blocks.set(block, { seenMs: atMs })
    }
    const iterator = this.#blocks.keys()
    while (this.#blocks.size > this.#capacity) this.#blocks.delete(iterator.next().value ?? '')
    return there
  }
}

interface ReusedRow {
  input: number
  cached: number
  reusable: number
}

/** Each row with what a bounded cache would hold of it, read in pages in the order they came. */
export async function* boundedReuse(subject: Subject, cache: LruBlocks): AsyncGenerator<ReusedRow> {
  for (let last = 0; ;) {
    const rows = await subject.ask(
      `SELECT place, epoch_ms(moment), coalesce(given_input, len(prompt_blocks) * block_tokens), cached, block_tokens, array_to_string(prompt_blocks, ' ')
       FROM ${orderedRows(subject)} AS w WHERE place > ${last} ORDER BY place LIMIT ${PAGE_ROWS}`,
    )
    if (rows.length === 0) return
    for (const [place, ms, input, cached, size, text] of rows) {
      // A cell that was too long to be sent ends in the middle of a block: what is left of it counts.
      const blocks = String(text)
        .split(' ')
        .filter((block) => /^-?\d+$/.test(block))
      const there = cache.take(blocks, numberOf(ms))
      const reusable = Math.min(there * numberOf(size), numberOf(input))
      yield { input: numberOf(input), cached: numberOf(cached), reusable }
      last = numberOf(place)
    }
  }
}
