/**
 * What one request may hold. An empty message takes two bytes and thousands of them a few once
 * packed, and each costs the thread that serves everybody: they are counted while they are read.
 */
const MOST = {
  'groups of spans': 20_000,
  spans: 20_000,
  'attributes and values': 250_000,
  'protobuf fields': 1_000_000,
  'JSON values': 1_000_000,
}

type Counted = keyof typeof MOST

/** The request holds more than one may; the message says what to do. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

/** Counts what is read of one request. */
export class ReadBounds {
  readonly #counts = new Map<Counted, number>()

  /** @throws TooMuch at the first that is one too many. */
  count(what: Counted): void {
    const count = (this.#counts.get(what) ?? 0) + 1
    if (count > MOST[what]) {
      throw new TooMuch(
        `The request holds more than ${MOST[what]} ${what}: export in smaller batches.`,
      )
    }
    this.#counts.set(what, count)
  }
}
