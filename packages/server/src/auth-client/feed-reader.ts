import type { IncomingMessage } from 'node:http'

import { FEED_HEARTBEAT_MS, type FeedLine, feedLine } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import { NobodyListens } from './http-call.ts'

/** Two heartbeats and a half: whoever says nothing for so long is not there. */
const SILENCE_MS = 2.5 * FEED_HEARTBEAT_MS
const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 5_000
/** Refusals cost nothing, and what is revoked between two of them is heard of at the next try. */
const MAX_WAIT_WHILE_AWAY_MS = 1_000
const MAX_LINE_CHARS = 10_000

interface Needs {
  follow: (position: string | undefined) => Promise<IncomingMessage>
  onLine: (line: FeedLine) => void
  /** It could not be followed, or no longer. */
  onBroken: (why: string) => void
  clock: Clock
  random: () => number
}

/** Follows the auth service's feed for as long as this node runs, from where it stopped. */
export class FeedReader {
  readonly #needs: Needs
  #position: string | undefined
  #closed = false
  #response: IncomingMessage | undefined
  #failures = 0
  isFollowing = false
  /** At any time: from then on what is missed is known to be. */
  hasSpoken = false

  constructor(needs: Needs) {
    this.#needs = needs
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#response?.destroy()
  }

  async #run(): Promise<void> {
    const { onBroken, clock, random } = this.#needs
    while (!this.#closed) {
      let cap = MAX_WAIT_MS
      try {
        await this.#follow()
      } catch (error) {
        if (error instanceof NobodyListens) cap = MAX_WAIT_WHILE_AWAY_MS
        else if (!this.#closed) {
          onBroken(`its feed broke off: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      this.isFollowing = false
      this.#failures += 1
      const wait = random() * Math.min(cap, FIRST_WAIT_MS * 2 ** Math.min(10, this.#failures))
      if (!this.#closed) await new Promise<void>((resolve) => clock.after(wait, resolve))
    }
  }

  async #follow(): Promise<void> {
    const { follow, clock } = this.#needs
    const response = await follow(this.#position)
    this.#response = response
    if (this.#closed) response.destroy()
    response.setEncoding('utf8')
    const silent = () => response.destroy(new Error(`silent for ${SILENCE_MS} ms`))
    let cancel = clock.after(SILENCE_MS, silent)
    let rest = ''
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        cancel()
        cancel = clock.after(SILENCE_MS, silent)
        const lines = `${rest}${chunk}`.split('\n')
        rest = lines.pop() ?? ''
        if (rest.length > MAX_LINE_CHARS) throw new Error('a line of the feed does not end')
        for (const line of lines) this.#take(line)
      }
    } finally {
      cancel()
      response.destroy()
    }
  }

  #take(text: string): void {
    const parsed = feedLine.safeParse(JSON.parse(text))
    if (!parsed.success) {
      // What is not understood may have been a revocation: from here on nothing is proven.
      this.#position = undefined
      throw new Error('a line of the feed is not understood')
    }
    this.isFollowing = true
    this.hasSpoken = true
    this.#failures = 0
    this.#needs.onLine(parsed.data)
    this.#position = parsed.data.position
  }
}
