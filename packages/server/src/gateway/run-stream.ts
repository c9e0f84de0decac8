import { PassThrough, type Readable } from 'node:stream'

import {
  formatPosition,
  isTerminal,
  parsePosition,
  parseServerFrame,
  type ServerMessage,
} from '@netra/protocol'

import { threadStream, type Hub, type Sink, type Subscription } from '../hub/hub.ts'
import type { Identities, Identity } from '../identity/identity.ts'
import type { Clock } from '../platform/clock.ts'
import type { ThreadId } from '../platform/ids.ts'
import { closeOf } from './session-check.ts'

/** Where in which run a stream begins. */
export interface RunPlace {
  thread_id: ThreadId
  run_id: string
  position: string
  /** The reader has its events up to `position` already. */
  hasBegun: boolean
}

interface Parts {
  hub: Hub
  clock: Clock
  identities: Pick<Identities, 'onSessionEnded'>
}

const BEAT_MS = 10_000
const NOBODY_TELLS = 'who you are cannot be checked right now'

/** The run and the position that the `id` of a streamed event names. */
export function placeIn(lastEventId: string): { runId: string; position: string } | undefined {
  const bar = lastEventId.indexOf('|')
  if (bar < 1) return undefined
  return { runId: lastEventId.slice(0, bar), position: lastEventId.slice(bar + 1) }
}

/**
 * The events of one run as server-sent events, each with its type as `event` in the JSON, then
 * `stream_end`. Its `id` is the run and the position, so that who was cut off goes on from there. A
 * reader that goes away ends the stream, never the run; the end of the login session ends both ways.
 */
export async function streamRun(
  parts: Parts,
  identity: Identity,
  run: RunPlace,
): Promise<Readable> {
  const reading = new RunReading(run)
  const subscription = await parts.hub.subscribe(threadStream(run.thread_id), reading.from, reading)
  reading.start(subscription, parts, identity)
  return reading.out
}

class RunReading implements Sink {
  readonly out = new PassThrough()
  readonly #run: RunPlace
  /** Of the event that the reader has; it is read again, as it may have been the last. */
  #known: number
  #subscription: Subscription | undefined

  constructor(run: RunPlace) {
    this.#run = run
    this.#known = run.hasBegun ? (parsePosition(run.position)?.seq ?? 0) : 0
    // A run that goes on may be silent for long: proxies and browsers see the status all the same.
    if (run.hasBegun) this.out.write(':\n\n')
  }

  get from(): string {
    const { position } = this.#run
    const place = this.#known > 0 ? parsePosition(position) : undefined
    return place === undefined ? position : formatPosition(place.epoch, place.seq - 1)
  }

  start(subscription: Subscription, { clock, identities }: Parts, identity: Identity): void {
    const { out } = this
    this.#subscription = subscription
    out.on('drain', () => subscription.resume())
    const stopHearing = identities.onSessionEnded((sessionId, why) => {
      if (sessionId !== identity.sessionId) return
      this.#refuse(why === 'unavailable' ? NOBODY_TELLS : closeOf(why).why)
    })
    const left = Date.parse(identity.expiresAt) - clock.now()
    const cancelExpiry = clock.after(left, () => this.#refuse('the token has expired'))
    const beat = (): void => {
      if (out.writableLength === 0) out.write(':\n\n')
      cancelBeat = clock.after(BEAT_MS, beat)
    }
    let cancelBeat = clock.after(BEAT_MS, beat)
    out.on('close', () => {
      subscription.end()
      stopHearing()
      cancelExpiry()
      cancelBeat()
    })
    subscription.start()
  }

  get open(): boolean {
    return this.out.writable && !this.out.writableNeedDrain
  }

  send(frame: string): void {
    const parsed = parseServerFrame(frame)
    if (!parsed.ok) return this.failed(new Error('an event of ours cannot be read'))
    for (const message of parsed.messages) this.#translate(message)
  }

  failed(error: unknown): void {
    this.out.destroy(error instanceof Error ? error : new Error('the thread cannot be read'))
  }

  #translate(message: ServerMessage): void {
    const { run_id, thread_id } = this.#run
    if (message.type === 'reset') {
      return this.#write(undefined, { event: 'reset', thread_id, run_id, why: message.why })
    }
    if (message.type === 'snapshot' && 'runs' in message.state) {
      const { state, why, position } = message
      this.#known = 0
      const run = state.runs.find(({ id }) => id === run_id) ?? null
      const messages = state.messages.filter((shown) => shown.run_id === run_id)
      this.#write(position, { event: 'snapshot', thread_id, run_id, why, run, messages })
      // A run that is too old to be shown has ended long ago.
      if (run === null || run.outcome !== null) this.#end(position)
      return
    }
    if (message.type !== 'event' || message.event.type === 'unknown') return
    const { event } = message
    if (event.run_id !== run_id) return
    const position = `${this.#epoch}:${message.seq}`
    if (message.seq > this.#known) this.#write(position, { ...event, event: event.type })
    if (isTerminal(event)) this.#end(position)
  }

  get #epoch(): string {
    return parsePosition(this.#subscription?.position ?? this.#run.position)?.epoch ?? ''
  }

  #end(position: string): void {
    this.#write(position, { event: 'stream_end', run_id: this.#run.run_id })
    this.out.end()
  }

  /** Its reader may not read on. */
  #refuse(message: string): void {
    if (!this.out.writable) return
    this.#write(undefined, { event: 'error', error_code: 'AUTH_FAILED', message })
    this.out.end()
  }

  #write(position: string | undefined, data: object): void {
    if (!this.out.writable) return
    const id = position === undefined ? '' : `id: ${this.#run.run_id}|${position}\n`
    this.out.write(`${id}data: ${JSON.stringify(data)}\n\n`)
  }
}
