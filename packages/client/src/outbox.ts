import type { ClientMessageInput, ErrorFrame, Ok } from '@netra/protocol'
import { MAX_CLIENT_FRAME_BYTES, utf8Length } from '@netra/protocol'

import { ClientStopped, CommandError } from './client-error.ts'
import type { Clock } from './clock.ts'
import type { OutboxEntry, OutboxStorage } from './outbox-storage.ts'
import { backoffMs } from './reconnect-policy.ts'
import { MutableStore, type Store } from './store.ts'

/** A command on its way, for the screen. */
export interface PendingCommand {
  readonly id: string
  readonly message: OutboxEntry['message']
  readonly createdAt: number
  /**
   * `queued`: no connection, or one before it in its thread. `sent`: the answer is awaited. `expired`
   * and `refused` wait for the person: `resend` or `discard`. `retrying`: it was not taken and is sent
   * again by itself; it can be discarded.
   */
  readonly status: 'queued' | 'sent' | 'retrying' | 'expired' | 'refused'
  /** Why it was refused. */
  readonly problem: string | null
}

interface Command {
  entry: OutboxEntry
  status: PendingCommand['status']
  problem: string | null
  attempts: number
  cancelTimer: (() => void) | undefined
  /** Who waits for the answer; nobody for what an earlier page left. */
  waiter: { resolve(answer: Ok): void; reject(error: Error): void } | undefined
}

export interface OutboxParts {
  clock: Clock
  random: () => number
  send(message: ClientMessageInput): boolean
  storage?: OutboxStorage | undefined
}

/** An answer that does not come on a living socket is asked for again, with the same ids. */
const ANSWER_WITHIN_MS = 30_000
const MAX_SAME_RETRIES = 8
/** Nobody waits longer for a message to go: a budget that is spent may be new only next month. */
const MOST_WAIT_MS = 60_000
/** The server knows a repeated message again for seven days; what is older asks the person. */
const SENDABLE_MS = 6 * 24 * 60 * 60 * 1000

/** Refused here: the server would close the socket for it, again and again. */
const tooLarge = (bytes: number): CommandError =>
  new CommandError({
    code: 'too_large',
    message: `The message has ${bytes} bytes and may have ${MAX_CLIENT_FRAME_BYTES}. Attach long text as a file.`,
    retry: 'no',
  })

const tooOld = (): CommandError =>
  new CommandError({
    code: 'expired',
    message: 'It waited for a connection for too long, and was not sent.',
    retry: 'new',
  })

/** Commands of one thread go one after the other, so that a retry never overtakes. */
function laneOf({ message }: OutboxEntry): string | undefined {
  if (message.type === 'regenerate') return message.thread_id
  return message.type === 'send_message' ? (message.thread_id ?? undefined) : undefined
}

/** A message is worth keeping; Stop or a decision of yesterday is not. */
const isMessage = ({ message }: OutboxEntry): boolean => 'client_message_id' in message

const waitsForPerson = ({ status }: Command): boolean =>
  status === 'expired' || status === 'refused'

/**
 * Commands until they have their answer. A lost connection leaves the outcome open, so each is sent
 * again with the same ids; the server answers a repeated message with its first answer. With a
 * storage, messages also wait out the end of a session and of the page.
 */
export class Outbox {
  readonly pending: Store<readonly PendingCommand[]>
  readonly #parts: OutboxParts
  readonly #commands = new Map<string, Command>()
  readonly #pending = new MutableStore<readonly PendingCommand[]>([])
  /** Ids that were taken up, answered ones too: what is read from the storage may be older. */
  readonly #seen = new Set<string>()
  #open = false
  /** Counts beginnings and ends, so that a late beginning notices that it is over. */
  #connections = 0

  constructor(parts: OutboxParts) {
    this.#parts = parts
    this.pending = this.#pending
  }

  /** Takes up what an earlier page did not get answered. */
  async restore(): Promise<void> {
    const entries = (await this.#parts.storage?.load()) ?? []
    for (const entry of entries) {
      if (this.#seen.has(entry.id)) continue
      this.#seen.add(entry.id)
      this.#add(entry, undefined)
    }
    this.#flush()
  }

  /** @throws CommandError when the server refuses for good; ClientStopped when it never answered. */
  async add(message: OutboxEntry['message']): Promise<Ok> {
    const bytes = utf8Length(JSON.stringify(message))
    if (bytes > MAX_CLIENT_FRAME_BYTES) throw tooLarge(bytes)
    const entry: OutboxEntry = { id: message.id, message, createdAt: this.#parts.clock.now() }
    this.#seen.add(entry.id)
    if (isMessage(entry)) await this.#parts.storage?.save(entry)
    return new Promise((resolve, reject) => {
      this.#add(entry, { resolve, reject })
      this.#flush()
    })
  }

  /** Sends what waited for the person once more, as the same message. */
  async resend(id: string): Promise<void> {
    const command = this.#commands.get(id)
    if (!command || !waitsForPerson(command)) return
    command.entry = { ...command.entry, createdAt: this.#parts.clock.now() }
    command.problem = null
    command.attempts = 0
    this.#requeue(command)
    await this.#parts.storage?.save(command.entry)
    this.#flush()
  }

  /** Forgets what waited for the person, or what was refused and is tried again later. */
  discard(id: string): void {
    const command = this.#commands.get(id)
    if (!command || !(waitsForPerson(command) || command.status === 'retrying')) return
    this.#settle(command, () => command.waiter?.reject(new ClientStopped('it was discarded')))
  }

  /** What an earlier page left was written first, and goes first. */
  onWelcome(): void {
    this.#connections += 1
    const connection = this.#connections
    const begin = (): void => {
      if (connection !== this.#connections) return
      this.#open = true
      this.#flush()
    }
    if (this.#parts.storage) void this.restore().then(begin)
    else begin()
  }

  onLost(): void {
    this.#connections += 1
    this.#open = false
    for (const command of this.#commands.values()) {
      if (!waitsForPerson(command)) this.#requeue(command)
    }
    this.#publish()
  }

  /** True when the answer belonged to a command. */
  onAnswer(answer: Ok | ErrorFrame): boolean {
    const command = answer.id === null ? undefined : this.#commands.get(answer.id)
    if (!command) return false
    if (answer.type === 'ok') this.#settle(command, () => command.waiter?.resolve(answer))
    else this.#refused(command, answer)
    return true
  }

  /** The connection ended for good. What is kept waits for the next one, all else learns of it. */
  stop(why: string, code?: number): void {
    this.onLost()
    for (const command of this.#commands.values()) {
      if (this.#isKept(command)) continue
      this.#settle(command, () => command.waiter?.reject(new ClientStopped(why, code)))
    }
  }

  /** The client ends: nobody waits any longer. What is kept stays for the next one. */
  close(why: string): void {
    this.stop(why)
    const commands = [...this.#commands.values()]
    this.#commands.clear()
    this.#seen.clear()
    for (const command of commands) command.waiter?.reject(new ClientStopped(why))
    this.#publish()
  }

  #isKept({ entry }: Command): boolean {
    return this.#parts.storage !== undefined && isMessage(entry)
  }

  #add(entry: OutboxEntry, waiter: Command['waiter']): void {
    const command: Command = {
      entry,
      status: 'queued',
      problem: null,
      attempts: 0,
      cancelTimer: undefined,
      waiter,
    }
    this.#commands.set(entry.id, command)
  }

  /** Sends what may go now: in order of writing, one of a thread at a time. */
  #flush(): void {
    const busy = new Set<string>()
    const inOrder = [...this.#commands.values()].toSorted(
      (a, b) => a.entry.createdAt - b.entry.createdAt,
    )
    for (const command of inOrder) {
      if (waitsForPerson(command) || this.#expired(command)) continue
      const lane = laneOf(command.entry)
      if (lane !== undefined && busy.has(lane)) continue
      if (lane !== undefined) busy.add(lane)
      if (this.#open && command.status === 'queued') this.#send(command)
    }
    this.#publish()
  }

  /** True when it has become too old to be sent without asking. */
  #expired(command: Command): boolean {
    const age = this.#parts.clock.now() - command.entry.createdAt
    if (command.status !== 'queued' || age < SENDABLE_MS) return false
    command.status = 'expired'
    if (!this.#isKept(command)) {
      this.#settle(command, () => command.waiter?.reject(tooOld()))
    }
    return true
  }

  #send(command: Command): void {
    if (!this.#parts.send(command.entry.message)) return
    command.status = 'sent'
    command.cancelTimer = this.#parts.clock.after(ANSWER_WITHIN_MS, () => {
      this.#requeue(command)
      this.#flush()
    })
  }

  #requeue(command: Command): void {
    command.cancelTimer?.()
    command.cancelTimer = undefined
    command.status = 'queued'
  }

  #refused(command: Command, error: ErrorFrame): void {
    command.attempts += 1
    const again = error.retry === 'same' || error.retry === 'after'
    const isLate = (error.after_ms ?? 0) > MOST_WAIT_MS
    if (!again || isLate || command.attempts > MAX_SAME_RETRIES)
      return this.#refusedForGood(command, error)
    this.#requeue(command)
    command.status = 'retrying'
    const delay = error.after_ms ?? backoffMs(command.attempts, this.#parts.random)
    command.cancelTimer = this.#parts.clock.after(delay, () => {
      this.#requeue(command)
      this.#flush()
    })
    this.#publish()
  }

  /** Whoever waits is told; what nobody waits for is shown until the person has decided. */
  #refusedForGood(command: Command, error: ErrorFrame): void {
    const { code, message, retry, after_ms: afterMs } = error
    const { waiter } = command
    if (waiter) {
      const refusal = new CommandError({ code, message, retry, afterMs })
      return this.#settle(command, () => waiter.reject(refusal))
    }
    this.#requeue(command)
    command.status = 'refused'
    command.problem = message
    this.#flush()
  }

  #settle(command: Command, tell: () => void): void {
    this.#requeue(command)
    this.#commands.delete(command.entry.id)
    if (this.#isKept(command)) void this.#parts.storage?.remove(command.entry.id)
    tell()
    this.#flush()
  }

  #publish(): void {
    this.#pending.set(
      [...this.#commands.values()].map(
        ({ entry: { id, message, createdAt }, status, problem }) => ({
          id,
          message,
          createdAt,
          status,
          problem,
        }),
      ),
    )
  }
}
