import type { ClientMessageInput, ErrorFrame, Ok } from '@netra/protocol'
import { MAX_CLIENT_FRAME_BYTES, utf8Length } from '@netra/protocol'

import { ClientStopped, CommandError } from './client-error.ts'
import type { Clock } from './clock.ts'
import { memoryOutbox, type OutboxEntry, type OutboxStorage } from './outbox-storage.ts'
import { backoffMs } from './reconnect-policy.ts'
import { MutableStore, type Store } from './store.ts'

/** A command on its way, for the screen. */
export interface PendingCommand {
  readonly id: string
  readonly message: OutboxEntry['message']
  readonly createdAt: number
  /** `queued`: no connection, or one before it in its thread. `sent`: the answer is awaited. */
  readonly status: 'queued' | 'sent' | 'retrying'
}

interface Command {
  entry: OutboxEntry
  status: PendingCommand['status']
  attempts: number
  cancelTimer: (() => void) | undefined
  resolve(answer: Ok): void
  reject(error: Error): void
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

/** Refused here: the server would close the socket for it, again and again. */
const tooLarge = (bytes: number): CommandError =>
  new CommandError({
    code: 'too_large',
    message: `The message has ${bytes} bytes and may have ${MAX_CLIENT_FRAME_BYTES}. Attach long text as a file.`,
    retry: 'no',
  })

/** Commands of one thread go one after the other, so that a retry never overtakes. */
function laneOf({ message }: OutboxEntry): string | undefined {
  if (message.type === 'regenerate') return message.thread_id
  return message.type === 'send_message' ? (message.thread_id ?? undefined) : undefined
}

/**
 * Commands until they have their answer. A lost connection leaves the outcome open, so each is sent
 * again with the same ids; the server answers a repeated message with its first answer.
 */
export class Outbox {
  readonly pending: Store<readonly PendingCommand[]>
  readonly #parts: OutboxParts
  readonly #storage: OutboxStorage
  readonly #commands = new Map<string, Command>()
  readonly #pending = new MutableStore<readonly PendingCommand[]>([])
  #open = false

  constructor(parts: OutboxParts) {
    this.#parts = parts
    this.#storage = parts.storage ?? memoryOutbox()
    this.pending = this.#pending
  }

  /** Takes up what an earlier page did not get answered. */
  async restore(): Promise<void> {
    for (const entry of await this.#storage.load()) {
      if (!this.#commands.has(entry.id)) void this.#add(entry).catch(() => undefined)
    }
  }

  /** @throws CommandError when the server refuses for good; ClientStopped when it never answered. */
  async add(message: OutboxEntry['message']): Promise<Ok> {
    const bytes = utf8Length(JSON.stringify(message))
    if (bytes > MAX_CLIENT_FRAME_BYTES) throw tooLarge(bytes)
    const entry: OutboxEntry = { id: message.id, message, createdAt: this.#parts.clock.now() }
    await this.#storage.save(entry)
    return this.#add(entry)
  }

  onWelcome(): void {
    this.#open = true
    this.#flush()
  }

  onLost(): void {
    this.#open = false
    for (const command of this.#commands.values()) this.#requeue(command)
    this.#publish()
  }

  /** True when the answer belonged to a command. */
  onAnswer(answer: Ok | ErrorFrame): boolean {
    const command = answer.id === null ? undefined : this.#commands.get(answer.id)
    if (!command) return false
    if (answer.type === 'ok') this.#settle(command, () => command.resolve(answer))
    else this.#refused(command, answer)
    return true
  }

  /** No connection will come back: nobody waits any longer. */
  stop(why: string, code?: number): void {
    this.#open = false
    for (const command of this.#commands.values()) {
      this.#settle(command, () => command.reject(new ClientStopped(why, code)))
    }
  }

  #add(entry: OutboxEntry): Promise<Ok> {
    return new Promise((resolve, reject) => {
      const command: Command = {
        entry,
        status: 'queued',
        attempts: 0,
        cancelTimer: undefined,
        resolve,
        reject,
      }
      this.#commands.set(entry.id, command)
      this.#flush()
    })
  }

  #flush(): void {
    const busy = new Set<string>()
    for (const command of this.#commands.values()) {
      const lane = laneOf(command.entry)
      if (lane !== undefined && busy.has(lane)) continue
      if (lane !== undefined) busy.add(lane)
      if (this.#open && command.status === 'queued') this.#send(command)
    }
    this.#publish()
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
    if (!again || command.attempts > MAX_SAME_RETRIES) {
      const { code, message, retry, after_ms: afterMs } = error
      return this.#settle(command, () =>
        command.reject(new CommandError({ code, message, retry, afterMs })),
      )
    }
    this.#requeue(command)
    command.status = 'retrying'
    const delay = error.after_ms ?? backoffMs(command.attempts, this.#parts.random)
    command.cancelTimer = this.#parts.clock.after(delay, () => {
      this.#requeue(command)
      this.#flush()
    })
    this.#publish()
  }

  #settle(command: Command, tell: () => void): void {
    this.#requeue(command)
    this.#commands.delete(command.entry.id)
    // The answer is known; a copy left behind is answered as a duplicate.
    this.#storage.remove(command.entry.id).catch(() => undefined)
    tell()
    this.#flush()
  }

  #publish(): void {
    this.#pending.set(
      [...this.#commands.values()].map(({ entry: { id, message, createdAt }, status }) => ({
        id,
        message,
        createdAt,
        status,
      })),
    )
  }
}
