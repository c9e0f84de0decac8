import { DeviceMemory } from './device-memory.ts'
import type { Known } from './known.ts'
import type { HeardMessage } from './observation.ts'
import type { Judge, Report, Seen } from './report.ts'
import { Subscription, type Finding } from './subscription.ts'

interface Socket {
  device: string
  user: string
  subscriptions: Map<string, Subscription>
  /** Requests that wait for their `ok`; until then the cursor before is the one that delivers. */
  asked: Map<string, { stream: string; position: string | null } | { ends: string }>
  resume: { stream: string; position: string | null }[]
  /** Events whose epoch the connection has not told yet. */
  unplaced: Map<string, Pick<HeardEvent, 'seq' | 'event'>[]>
}

type HeardEvent = Extract<HeardMessage, { type: 'event' }>

const COUNT_OF = {
  hole: 'lost',
  duplicate: 'duplicated',
  reordered: 'reordered',
  unreported: 'unreported',
  out_of_place: 'reordered',
} as const

/**
 * Follows what crosses each connection: contiguous per subscription (P38, P46), a reset before
 * anything that cannot be proven to follow (P43), and devices that claim no more than they got.
 */
export class Traffic implements Judge {
  readonly #report: Report
  readonly #known: Known
  readonly #sockets = new Map<string, Socket>()
  readonly #devices = new Map<string, DeviceMemory>()
  readonly #subscriptions: Subscription[] = []

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  opened({ socket, device, user }: Seen<'opened'>): void {
    this.#sockets.set(socket, {
      device,
      user,
      subscriptions: new Map(),
      asked: new Map(),
      resume: [],
      unplaced: new Map(),
    })
  }

  closed({ socket }: Seen<'closed'>): void {
    this.#sockets.delete(socket)
  }

  restarted({ device }: Seen<'restarted'>): void {
    this.#devices.delete(device)
  }

  reads({ socket: name, stream, position }: Seen<'reads'>): void {
    const socket = this.#sockets.get(name)
    if (socket) this.#begin(socket, stream, position, 'resume')
  }

  state({ device, stream, position }: Seen<'state'>): void {
    this.#claim(device, stream, position)
  }

  said({ socket: name, message }: Seen<'said'>): void {
    const socket = this.#sockets.get(name)
    if (!socket) return
    if (message.type === 'hello') {
      socket.resume = (message.resume ?? []).map(({ stream, position }) => ({ stream, position }))
    } else if (message.type === 'subscribe') {
      socket.asked.set(message.id, { stream: message.stream, position: message.position ?? null })
    } else if (message.type === 'unsubscribe') {
      socket.asked.set(message.id, { ends: message.stream })
    } else if (message.type === 'ack') {
      for (const [stream, position] of Object.entries(message.positions)) {
        if (position) this.#claim(socket.device, stream, position)
      }
    }
  }

  heard({ socket: name, messages }: Seen<'heard'>): void {
    const socket = this.#sockets.get(name)
    if (socket) for (const message of messages) this.#heard(socket, message)
  }

  /** What never came is lost; what came late was counted as reordered when it came. */
  end(): void {
    for (const subscription of this.#subscriptions) this.#report.counts.lost += subscription.missing
  }

  #heard(socket: Socket, message: HeardMessage): void {
    if (message.type === 'welcome') this.#welcomed(socket, message)
    else if (message.type === 'ok') this.#answered(socket, message.id)
    else if (message.type === 'error') this.#refused(socket, message)
    else if (message.type === 'event') this.#event(socket, message)
    else if (message.type === 'reset') this.#reset(socket, message.stream)
    else if (message.type === 'snapshot') {
      this.#report.counts.snapshots += 1
      this.#stand(socket, message, 'snapshot')
    } else if (message.type === 'live') this.#stand(socket, message, 'live')
  }

  #welcomed(socket: Socket, { streams }: Extract<HeardMessage, { type: 'welcome' }>): void {
    for (const { stream, position } of socket.resume) {
      const answer = streams.find((entry) => entry.stream === stream)
      if (!answer || answer.status === 'not_found') this.#known.refused(socket, stream)
      else this.#begin(socket, stream, position, 'resume')
    }
  }

  #reset(socket: Socket, stream: string): void {
    this.#report.counts.resets += 1
    this.#memory(socket.device).told(stream)
    socket.subscriptions.get(stream)?.reset()
  }

  #answered(socket: Socket, id: string): void {
    const asked = socket.asked.get(id)
    if (!asked) return
    socket.asked.delete(id)
    if ('ends' in asked) {
      socket.subscriptions.delete(asked.ends)
      return
    }
    this.#begin(socket, asked.stream, asked.position, 'anew')
  }

  #refused(socket: Socket, { id, code }: { id: string | null; code: string }): void {
    const asked = id === null ? undefined : socket.asked.get(id)
    if (id === null || !asked) return
    socket.asked.delete(id)
    if ('stream' in asked && code === 'not_found') this.#known.refused(socket, asked.stream)
  }

  #begin(socket: Socket, stream: string, position: string | null, how: 'resume' | 'anew'): void {
    if (how === 'resume' && position !== null) this.#report.counts.resumes += 1
    if (position !== null) this.#claim(socket.device, stream, position)
    this.#memory(socket.device).begin(stream, position)
    const subscription = new Subscription(position)
    socket.subscriptions.set(stream, subscription)
    socket.unplaced.delete(stream)
    this.#subscriptions.push(subscription)
  }

  #event(socket: Socket, { stream, seq, event }: HeardEvent): void {
    this.#of(socket, stream, (subscription) => subscription.event(seq))
    getOrMake(socket.unplaced, stream, () => []).push({ seq, event })
    this.#place(socket, stream)
    if (listens(socket, stream) && this.#memory(socket.device).event(stream, seq)) {
      this.#report.counts.delivered += 1
    }
  }

  /** Where an event stands is known once its connection has told the epoch. */
  #place({ device, subscriptions, unplaced }: Socket, stream: string): void {
    const epoch = subscriptions.get(stream)?.epoch
    if (epoch === undefined) return
    for (const { seq, event } of unplaced.get(stream) ?? []) {
      this.#known.placed({ device, stream, epoch, seq, event })
    }
    unplaced.delete(stream)
  }

  /** A device stands at a place that the server names. */
  #stand(
    socket: Socket,
    { stream, position }: { stream: string; position: string },
    by: 'snapshot' | 'live',
  ): void {
    const judged = this.#of(socket, stream, (subscription) => subscription[by](position))
    this.#place(socket, stream)
    if (!listens(socket, stream)) return
    const problem = this.#memory(socket.device)[by](stream, position)
    // What the connection alone shows was judged; a device may know of more than it claimed.
    if (!problem || judged?.kind === 'unreported') return
    this.#report.counts.unreported += 1
    this.#report.violation('reset', { device: socket.device, stream }, problem)
  }

  #of(
    socket: Socket,
    stream: string,
    judge: (subscription: Subscription) => Finding | undefined,
  ): Finding | undefined {
    const subscription = socket.subscriptions.get(stream)
    const place = { device: socket.device, stream }
    if (!subscription) {
      this.#report.violation('contiguous', place, 'a stream came that is not subscribed')
      return undefined
    }
    const finding = judge(subscription)
    if (!finding) return undefined
    // A hole is counted at the end: what is missing may only be late.
    if (finding.kind !== 'hole') this.#report.counts[COUNT_OF[finding.kind]] += finding.count
    const rule = finding.kind === 'unreported' ? 'reset' : 'contiguous'
    this.#report.violation(rule, place, finding.detail)
    return finding
  }

  #claim(device: string, stream: string, position: string): void {
    const problem = this.#memory(device).problemOf(stream, position)
    if (problem) this.#report.violation('claim', { device, stream }, problem)
  }

  #memory(device: string): DeviceMemory {
    return getOrMake(this.#devices, device, () => new DeviceMemory())
  }
}

/** Between a request and its `ok` a device ignores what still comes for the stream (P25). */
function listens(
  { asked, subscriptions }: Pick<Socket, 'asked' | 'subscriptions'>,
  stream: string,
) {
  for (const request of asked.values()) {
    if (('ends' in request ? request.ends : request.stream) === stream) return false
  }
  return subscriptions.has(stream)
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
