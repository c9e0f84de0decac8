/** What one client was given of one stream. */
export class Received {
  readonly #seen = new Set<number>()
  /** Milliseconds from the server's sending to here. */
  readonly delays: number[] = []
  duplicates = 0
  /** Came after one with a higher number. */
  late = 0
  /** Did not come alone but in a snapshot. */
  covered = 0
  /** Times that it came back and was told that its session could not be recovered. */
  unrecovered = 0
  #highest = 0

  take(seq: number, text: string): void {
    if (this.#seen.has(seq)) {
      this.duplicates += 1
      return
    }
    this.#seen.add(seq)
    if (seq < this.#highest) this.late += 1
    this.#highest = Math.max(this.#highest, seq)
    const sent = BigInt(text.slice(0, text.indexOf(' ')))
    this.delays.push(Number(process.hrtime.bigint() - sent) / 1e6)
  }

  /** A state stood in for all events so far. */
  cover(seq: number): void {
    for (let each = this.#highest + 1; each <= seq; each += 1) {
      this.#seen.add(each)
      this.covered += 1
    }
    this.#highest = Math.max(this.#highest, seq)
  }

  get count(): number {
    return this.#seen.size
  }
}
