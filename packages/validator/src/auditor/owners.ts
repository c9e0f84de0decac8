import { userStream } from '@netra/protocol'

import type { Known } from './known.ts'
import type { HeardMessage } from './observation.ts'
import type { Judge, Report, Seen } from './report.ts'

/** No connection hears of a stream that is not its user's, and nobody is told that his own is gone. */
export class Owners implements Judge {
  readonly #report: Report
  readonly #known: Known
  readonly #sockets = new Map<string, { device: string; user: string }>()
  readonly #owners = new Map<string, string>()
  readonly #heard = new Map<
    string,
    { device: string; user: string; stream: string; what: string }
  >()

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  opened({ socket, device, user }: Seen<'opened'>): void {
    this.#sockets.set(socket, { device, user })
    this.#owners.set(userStream(user), user)
  }

  committed({ stream, event }: Seen<'committed'>): void {
    this.#owner(stream, event)
  }

  journal({ stream, events }: Seen<'journal'>): void {
    for (const { event } of events) this.#owner(stream, event)
  }

  heard({ socket, messages }: Seen<'heard'>): void {
    const from = this.#sockets.get(socket)
    if (from) for (const message of messages) this.#judge(from, message)
  }

  end(): void {
    for (const { device, user, stream, what } of this.#heard.values()) {
      const owner = this.#owners.get(stream)
      if (owner === undefined || owner === user) continue
      const detail = `${user} heard ${what} of a stream of ${owner}`
      this.#report.violation('owner', { device, stream }, detail)
    }
    for (const { device, user, stream } of this.#known.refusals) {
      const chapter = this.#known.newest(stream)
      // A journal that was read and has nothing of it lost it whole; then there is none to reset.
      const isThere = this.#owners.get(stream) === user && chapter && chapter.read !== 0
      if (!isThere || this.#known.isDeleted(stream)) continue
      this.#report.counts.unreported += 1
      this.#report.violation('reset', { device, stream }, 'its own stream was said not to exist')
    }
  }

  #judge(socket: { device: string; user: string }, message: HeardMessage): void {
    const { device, user } = socket
    if (message.type === 'welcome' && message.user_id !== user) {
      const detail = `${user} was welcomed as ${message.user_id}`
      this.#report.violation('owner', { device }, detail)
    }
    if (message.type === 'event' && 'user_id' in message.event && message.event.user_id !== user) {
      const { event, seq, stream } = message
      const detail = `${user} heard event ${seq}, which is of ${event.user_id}`
      this.#report.violation('owner', { device, stream }, detail)
    }
    for (const stream of streamsOf(message)) {
      const key = JSON.stringify([device, user, stream])
      if (!this.#heard.has(key)) this.#heard.set(key, { device, user, stream, what: message.type })
    }
  }

  #owner(stream: string, event: { type: string }): void {
    const user = 'user_id' in event ? event.user_id : undefined
    if (typeof user !== 'string') return
    const owner = this.#owners.get(stream)
    if (owner === undefined) this.#owners.set(stream, user)
    else if (owner !== user) {
      const detail = `an event of ${user} stands in a stream of ${owner}`
      this.#report.violation('owner', { stream }, detail)
    }
  }
}

/** The streams that a message tells something of. */
function streamsOf(message: HeardMessage): string[] {
  if (message.type === 'ping') {
    return Object.keys('heads' in message ? (message.heads ?? {}) : {})
  }
  if (message.type === 'welcome') {
    return message.streams.filter(({ status }) => status !== 'not_found').map((it) => it.stream)
  }
  return 'stream' in message && message.stream !== undefined ? [message.stream] : []
}
