import { jsonOf } from '../api-error.ts'
import type { Clock } from '../clock.ts'
import { isRecord } from '../is-record.ts'
import { EventStreamParser } from './event-stream.ts'
import type { Slots } from './slots.ts'

/** What a feed needs of the socket it belongs to. */
export interface FeedParts {
  clock: Clock
  slots: Slots
  /** Whether streaming arrives here, or is held back on the way; shared by all feeds. */
  streaming: Streaming
  request(query: Record<string, string>, accept: string, signal: AbortSignal): Promise<Response>
  /** The first answer: the stream is read from here. */
  accepted(): void
  /** The first answer was a refusal; the feed is over. */
  refused(response: Response): Promise<void>
  /** Texts of messages, in order. */
  messages(texts: readonly string[]): void
  /** What it says of the whole connection: it cannot go on. */
  failed(code: number, why: string): void
}

/** Nothing for this long: the response is held back on the way, or nobody is there any more. */
const SILENT_MS = 25_000
/** A poll is answered within 25 s; what takes longer does not come. */
const POLL_MS = 40_000
/** A request that ended at once is not asked again at once. */
const PAUSE_MS = 250

/** What is known of streamed responses on this way. */
export class Streaming {
  #silences = 0

  get isHeldBack(): boolean {
    return this.#silences >= 2
  }

  /** @param received whether anything had come before it became silent. */
  fellSilent(received: boolean): void {
    this.#silences += received ? 1 : 2
  }
}

/**
 * One stream by requests, one after the other, each from where the last one ended.
 *
 * Invariant: the position moves only with what was handed on, so a request that is cut anywhere is
 * repeated from there and loses nothing.
 */
export class Feed {
  readonly #parts: FeedParts
  readonly #stream: string
  readonly #ended = new AbortController()
  #position: string | null
  #isAccepted = false
  /** A streamed response that lives: when it was heard last. */
  #heardAt: number | undefined

  constructor(stream: string, position: string | null, parts: FeedParts) {
    this.#stream = stream
    this.#position = position
    this.#parts = parts
    void this.#run()
  }

  end(): void {
    this.#ended.abort()
  }

  /** False when a response that did stream has been silent for `ms`. */
  isHeardWithin(ms: number): boolean {
    return this.#heardAt === undefined || this.#parts.clock.monotonic() - this.#heardAt < ms
  }

  async #run(): Promise<void> {
    const { clock, slots, streaming } = this.#parts
    while (!this.#ended.signal.aborted) {
      const turn = new AbortController()
      const signal = AbortSignal.any([turn.signal, this.#ended.signal])
      const release = await slots.hold(() => turn.abort())
      const begun = clock.monotonic()
      try {
        if (!signal.aborted) await (streaming.isHeldBack ? this.#poll(signal) : this.#read(signal))
      } catch (error) {
        const isOver = this.#ended.signal.aborted
        if (!signal.aborted) this.#parts.failed(1006, String(error))
        if (isOver || !signal.aborted) return
      } finally {
        this.#heardAt = undefined
        release()
      }
      if (!turn.signal.aborted && clock.monotonic() - begun < PAUSE_MS) {
        await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve))
      }
    }
  }

  /** Sends the request; a refusal of the first one is told, of a later one ends the connection. */
  async #ask(accept: string, signal: AbortSignal): Promise<Response | undefined> {
    const query = {
      stream: this.#stream,
      ...(this.#position !== null && { position: this.#position }),
    }
    const response = await this.#parts.request(query, accept, signal)
    if (response.ok) return response
    if (this.#isAccepted) this.#parts.failed(1006, `the stream was refused: ${response.status}`)
    else await this.#parts.refused(response)
    this.end()
    return undefined
  }

  #accept(): void {
    if (this.#isAccepted) return
    this.#isAccepted = true
    this.#parts.accepted()
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { clock, streaming } = this.#parts
    const silence = new AbortController()
    let received = false
    let cancel: (() => void) | undefined
    const watch = (): void => {
      cancel?.()
      cancel = clock.after(SILENT_MS, () => {
        streaming.fellSilent(received)
        silence.abort()
      })
    }
    watch()
    try {
      const heard = AbortSignal.any([signal, silence.signal])
      const response = await this.#ask('text/event-stream', heard)
      if (!response?.body) return
      this.#accept()
      const parser = new EventStreamParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        received = true
        this.#heardAt = clock.monotonic()
        watch()
        if (!signal.aborted) this.#handOn(parser.push(value))
      }
    } catch (error) {
      // Held back: polls go on from the same position. Silent after having been heard: it is gone.
      if (!silence.signal.aborted || received) throw error
    } finally {
      cancel?.()
    }
  }

  #handOn(events: readonly { id: string | undefined; data: string }[]): void {
    for (const { id, data } of events) {
      const bar = id?.lastIndexOf('|') ?? -1
      if (id !== undefined && bar >= 0) this.#position = id.slice(bar + 1)
      this.#parts.messages([data])
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const late = new AbortController()
    const cancel = this.#parts.clock.after(POLL_MS, () => late.abort())
    try {
      const heard = AbortSignal.any([signal, late.signal])
      const response = await this.#ask('application/json', heard)
      if (!response) return
      const body = jsonOf(await response.text())
      if (!isRecord(body) || !Array.isArray(body['messages']))
        throw new Error('not an answer of Netra')
      if (signal.aborted) return
      const isFirst = !this.#isAccepted
      this.#accept()
      const messages: unknown[] = body['messages']
      const { position } = body
      if (typeof position === 'string') this.#position = position
      // Whoever asked anew must learn that this is all there is.
      const isLive = messages.some((message) => isRecord(message) && message['type'] === 'live')
      const live = { type: 'live', stream: this.#stream, position }
      const all =
        isFirst && !isLive && typeof position === 'string' ? [...messages, live] : messages
      if (all.length > 0) this.#parts.messages(all.map((message) => JSON.stringify(message)))
    } finally {
      cancel()
    }
  }
}
