import { MOST_CHARS, MOST_OF_CONNECTION, textOf, TOO_MUCH } from '../at-most.ts'
import { CheckFailure, CheckRefused } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { reasonOf } from '../http-client.ts'
import { Transcript } from './transcript.ts'
import { Waiting } from './waiting.ts'

/** One message of a text/event-stream, and when its last byte came. */
export interface StreamedEvent {
  atMs: number
  id: string | undefined
  data: Record<string, unknown>
}

export interface StreamOptions {
  method?: 'GET' | 'POST'
  body?: unknown
  token: string
  /** The id after which the stream is to go on. */
  lastEventId?: string
}

/** Server-sent events as they come, with their times. */
export class EventStream implements Disposable {
  readonly headers: Headers
  /** Settles when the answer has ended, however. */
  readonly over: Promise<void>
  readonly #context: CheckContext
  readonly #waiting = new Waiting<StreamedEvent>()
  readonly #transcript: Transcript
  readonly #cut: AbortController
  #rest = ''

  private constructor(
    response: Response,
    at: { context: CheckContext; transcript: Transcript; cut: AbortController },
  ) {
    this.headers = response.headers
    this.#context = at.context
    this.#transcript = at.transcript
    this.#cut = at.cut
    this.over = this.#read(response)
  }

  /** @throws CheckFailure unless it is answered with 200 and an event stream. */
  static async open(
    context: CheckContext,
    path: string,
    options: StreamOptions,
  ): Promise<EventStream> {
    const { method = 'GET', body, token, lastEventId } = options
    const address = `${context.url}${path}`
    const transcript = new Transcript(`${method} ${address} (text/event-stream)`)
    context.note(transcript.exchange)
    if (lastEventId !== undefined) transcript.noteSent(`Last-Event-ID: ${lastEventId}`)
    if (body !== undefined) transcript.noteSent(JSON.stringify(body))
    const cut = new AbortController()
    const timer = setTimeout(() => cut.abort(new Error('no answer in time')), context.pace.answerMs)
    try {
      const response = await fetch(address, {
        method,
        // The token is for nobody else.
        redirect: 'manual',
        signal: AbortSignal.any([context.signal, cut.signal]),
        headers: {
          accept: 'text/event-stream',
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      await assertStream(response, `${method} ${address}`)
      return new EventStream(response, { context, transcript, cut })
    } catch (error) {
      transcript.noteReceived(`(${reasonOf(error)})`)
      if (error instanceof CheckFailure) throw error
      throw new CheckFailure(`${method} ${address}: ${reasonOf(error)}`)
    } finally {
      clearTimeout(timer)
    }
  }

  get events(): readonly StreamedEvent[] {
    return this.#waiting.items
  }

  /** @throws CheckTimedOut, CheckFailure when the answer ends before. */
  next(
    fits: (event: StreamedEvent) => boolean,
    options: { what: string; withinMs?: number; from?: number },
  ): Promise<StreamedEvent> {
    const { pace, signal } = this.#context
    return this.#waiting.next(fits, { withinMs: pace.answerMs, ...options, signal })
  }

  cut(): void {
    this.#transcript.noteSent('(cut)')
    this.#cut.abort(new Error('cut by the check'))
  }

  [Symbol.dispose](): void {
    this.#cut.abort(new Error('the check is over'))
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder()
    let bytes = 0
    try {
      for await (const chunk of response.body ?? []) {
        this.#rest += decoder.decode(chunk, { stream: true })
        this.#takeWhole()
        bytes += chunk.length
        if (this.#rest.length > MOST_CHARS) throw new CheckFailure(`${TOO_MUCH} in one event`)
        if (bytes > MOST_OF_CONNECTION) throw new CheckFailure('more than 64 MB in one answer')
      }
      this.#transcript.noteReceived('(the answer ended)')
      this.#waiting.end('the answer ended before')
    } catch (error) {
      this.#transcript.noteReceived(`(${reasonOf(error)})`)
      this.#waiting.end(`the stream broke: ${reasonOf(error)}`)
    }
  }

  #takeWhole(): void {
    const atMs = performance.now()
    const blocks = this.#rest.split(/\r?\n\r?\n/)
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split(/\r?\n/)
      const field = (name: string): string[] =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
      const text = field('data').join('\n')
      if (text === '') continue
      this.#transcript.noteReceived(text)
      this.#waiting.add({ atMs, id: field('id')[0], data: objectFrom(text) })
    }
  }
}

async function assertStream(response: Response, asked: string): Promise<void> {
  const { status } = response
  if (status !== 200) {
    const words = `${asked} answered ${status}: ${(await textOf(response)).slice(0, 200)}`
    throw status === 429 ? new CheckRefused(words) : new CheckFailure(words)
  }
  const type = response.headers.get('content-type') ?? 'no content-type'
  if (!type.startsWith('text/event-stream')) {
    throw new CheckFailure(`${asked} answered ${type}, not text/event-stream`)
  }
}

function objectFrom(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed }
  } catch {
    // Said below.
  }
  return { unreadable: text.slice(0, 200) }
}
