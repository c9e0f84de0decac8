/** At most so many entries; who was not used for longest goes first. */
export class Lru<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #limit: number
  readonly #onGone: (key: string, value: Value) => void

  constructor(limit: number, onGone: (key: string, value: Value) => void = () => undefined) {
    this.#limit = limit
    this.#onGone = onGone
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) return this.delete(oldest)
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#onGone(key, value)
  }

  clear(): void {
    for (const key of this.#entries.keys()) this.delete(key)
  }
}
