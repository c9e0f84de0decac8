import { isDeepStrictEqual } from 'node:util'

import { parsePosition, threadStream, type ClientMessageInput } from '@netra/protocol'

import type { Chapter, Known } from './known.ts'
import type { HeardMessage } from './observation.ts'
import type { Judge, Report, Seen } from './report.ts'

type Starts = Extract<ClientMessageInput, { type: 'send_message' | 'regenerate' }>

interface Accepted {
  device: string
  thread: string
  run: string
  position: string
  payload: unknown
  duplicate: boolean
}

/** One client message id of one user: all that was sent and answered under it. */
interface Command {
  id: string
  payloads: unknown[]
  accepted: Accepted[]
  conflicts: { device: string }[]
}

/** What is acknowledged is there, and a client message id has one run, one payload, one answer. */
export class Commands implements Judge {
  readonly #report: Report
  readonly #known: Known
  readonly #users = new Map<string, string>()
  readonly #asked = new Map<string, Starts>()
  readonly #commands = new Map<string, Command>()

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  opened({ socket, user }: Seen<'opened'>): void {
    this.#users.set(socket, user)
  }

  said({ socket, message }: Seen<'said'>): void {
    if (message.type !== 'send_message' && message.type !== 'regenerate') return
    this.#asked.set(`${socket} ${message.id}`, message)
    const { payloads } = this.#command(socket, message)
    const payload = payloadOf(message)
    if (!payloads.some((known) => isDeepStrictEqual(known, payload))) payloads.push(payload)
  }

  heard({ device, socket, messages }: Seen<'heard'>): void {
    for (const message of messages) this.#heard(device, socket, message)
  }

  end(): void {
    const runs = this.#runsByCommand()
    for (const [key, command] of this.#commands) {
      for (const accepted of command.accepted) {
        this.#present(command, accepted)
        const { epoch = '' } = parsePosition(accepted.position) ?? {}
        addTo(runs, `${epoch} ${key}`, accepted.run)
      }
      for (const accepted of byEpoch(command.accepted)) this.#sameAnswer(command, accepted)
      this.#conflicts(command)
    }
    for (const [place, all] of runs) {
      if (all.size < 2) continue
      const key = place.slice(place.indexOf(' ') + 1)
      const detail = `[user, client message id] ${key} has ${all.size} runs: ${[...all].join(', ')}`
      this.#report.violation('one_run', {}, detail)
    }
  }

  #heard(device: string, socket: string, message: HeardMessage): void {
    if ((message.type !== 'ok' && message.type !== 'error') || message.id === null) return
    const asked = this.#asked.get(`${socket} ${message.id}`)
    if (!asked) return
    const command = this.#command(socket, asked)
    if (message.type === 'error') {
      if (message.code === 'conflict') command.conflicts.push({ device })
      return
    }
    command.accepted.push({
      device,
      thread: message.thread_id ?? '',
      run: message.run_id ?? '',
      position: message.position ?? '',
      payload: payloadOf(asked),
      duplicate: message.duplicate ?? false,
    })
  }

  #present(command: Command, { device, thread, run, position }: Accepted): void {
    const stream = threadStream(thread)
    const chapter = this.#known.newest(stream)
    const before = parsePosition(position)
    if (!before) {
      const detail = `the answer to ${command.id} has no position: ${JSON.stringify(position)}`
      return this.#report.violation('acknowledged', { device, stream }, detail)
    }
    if (this.#known.isDeleted(stream)) return
    const missing = chapter ? whatIsMissing(chapter, before, run) : 'its thread is not there'
    if (!missing) return
    this.#report.counts.lost += 1
    const detail = `message ${command.id} was acknowledged at ${position}, but ${missing}`
    this.#report.violation('acknowledged', { device, stream }, detail)
  }

  #conflicts({ id, conflicts, payloads }: Command): void {
    const conflict = conflicts[0]
    if (!conflict || payloads.length > 1) return
    const detail = `${id} was refused as a conflict, and there was one payload only`
    this.#report.violation('one_run', { device: conflict.device }, detail)
  }

  #sameAnswer({ id }: Command, accepted: readonly Accepted[]): void {
    const [first, ...others] = accepted
    if (!first) return
    for (const other of others) {
      const differs = other.thread !== first.thread || other.position !== first.position
      if (differs || !isDeepStrictEqual(other.payload, first.payload)) {
        const detail = differs
          ? `${id} was answered with ${first.thread} ${first.position}, then with ${other.thread} ${other.position}`
          : `${id} was accepted with two payloads`
        this.#report.violation('one_run', { device: other.device }, detail)
      }
    }
    const firsts = accepted.filter(({ duplicate }) => !duplicate)
    if (firsts.length > 1) {
      this.#report.violation('one_run', {}, `${id} was accepted ${firsts.length} times as new`)
    }
  }

  /** By epoch: a journal that lost a message's run makes another when the message comes again. */
  #runsByCommand(): Map<string, Set<string>> {
    const runs = new Map<string, Set<string>>()
    for (const chapter of this.#known.chapters) {
      for (const event of chapter.events.values()) {
        if (event.type !== 'run_accepted' || event['client_message_id'] === null) continue
        const key = keyOf(event['user_id'], event['client_message_id'])
        addTo(runs, `${chapter.epoch} ${key}`, String(event['run_id']))
      }
    }
    return runs
  }

  #command(socket: string, { client_message_id: id }: Starts): Command {
    const key = keyOf(this.#users.get(socket) ?? '', id)
    const known = this.#commands.get(key)
    if (known) return known
    const command: Command = { id, payloads: [], accepted: [], conflicts: [] }
    this.#commands.set(key, command)
    return command
  }
}

const keyOf = (user: unknown, id: unknown): string => JSON.stringify([user, id])

const addTo = (sets: Map<string, Set<string>>, key: string, value: string): void => {
  sets.set(key, (sets.get(key) ?? new Set()).add(value))
}

function byEpoch(accepted: readonly Accepted[]): Accepted[][] {
  const epochs = Map.groupBy(accepted, ({ position }) => parsePosition(position)?.epoch)
  return [...epochs.values()]
}

/** What must not differ between two tries; the request's own id does. */
function payloadOf(message: Starts): unknown {
  const { id: _id, ...payload } = message
  return payload
}

/** Undefined when the run is there, or when nobody looked, or when the epoch says that it may be lost. */
function whatIsMissing(
  { epoch, events, points, read, committed }: Chapter,
  before: { epoch: string; seq: number },
  run: string,
): string | undefined {
  if (epoch !== before.epoch || (read === undefined && !committed)) return undefined
  for (const [seq, event] of events) {
    if (event.type !== 'run_accepted' || event['run_id'] !== run) continue
    const isThere = seq > before.seq && seq <= (read ?? Infinity)
    return isThere ? undefined : `its run ${run} stands at ${seq}`
  }
  // The oldest runs are left out of a snapshot; nobody else saw them either.
  const isInState = points.some(
    ({ seq, state, of }) =>
      of.what === 'journal' &&
      seq === read &&
      'runs' in state &&
      (state.before !== null || state.runs.some(({ id }) => id === run)),
  )
  return isInState ? undefined : `its run ${run} is not in the journal`
}
