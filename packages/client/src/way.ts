const FAILURES_UNTIL_FALLBACK = 2
const FIRST_RETRY_MS = 5_000
const MAX_RETRY_MS = 10 * 60_000

/**
 * Which way the next attempt goes. A socket that fails twice before its welcome, or that a proxy
 * answers with something else than 101, gives way to plain requests; requests that fail as well say
 * that the whole network is gone, and then a socket is tried first again.
 */
export class Way {
  #failures = 0
  #retries = 0
  #next: 'socket' | 'http' = 'socket'

  get next(): 'socket' | 'http' {
    return this.#next
  }

  /** @param status of the HTTP answer that came instead of a socket, where it is known. */
  socketFailed(status: number | undefined): void {
    this.#failures += status === undefined ? 1 : FAILURES_UNTIL_FALLBACK
    if (this.#failures >= FAILURES_UNTIL_FALLBACK) this.#next = 'http'
  }

  socketWelcomed(): void {
    this.#failures = 0
    this.#next = 'socket'
  }

  /** It has lasted: what stood in the way of sockets is gone. */
  socketLasted(): void {
    this.#retries = 0
  }

  httpFailed(): void {
    this.#next = 'socket'
  }

  /** How long requests are used before a socket is tried beside them; longer each time. */
  retrySocketAfterMs(random: () => number): number {
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#retries, 16))
    this.#retries += 1
    return ceiling / 2 + (random() * ceiling) / 2
  }
}
