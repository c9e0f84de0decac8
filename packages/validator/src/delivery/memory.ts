import { threadStream, type ClientMessageInput, type ServerMessage } from '@netra/protocol'

import type { Observation } from '../auditor/auditor.ts'
import { Copy } from './copy.ts'

export type CommandMessage = Extract<
  ClientMessageInput,
  { type: 'send_message' | 'regenerate' | 'cancel_run' }
>
type Ok = Extract<ServerMessage, { type: 'ok' }>
type Refusal = Extract<ServerMessage, { type: 'error' }>

/** A wish on its way: repeated with the same ids until there is an answer. */
export interface Command {
  message: CommandMessage
  answer: Ok | Refusal | undefined
  /** Not before: the server asked to wait. */
  notBefore: number
  answered(answer: Ok | Refusal): void
}

/**
 * What one device knows, whatever connects it: its copies of streams and the commands that wait. It
 * is told of threads by its person's stream and follows all that are not `ignored`.
 */
export class Memory {
  readonly name: string
  readonly user: string
  readonly copies = new Map<string, Copy>()
  readonly commands = new Set<Command>()
  readonly #observe: (observation: Observation) => void
  readonly #ignored: ReadonlySet<string>
  readonly #followsThreads: boolean
  /** A copy began, or is wanted again. */
  onFollow: (copy: Copy) => void = () => undefined
  onCommand: (command: Command) => void = () => undefined

  constructor(options: {
    name: string
    user: string
    observe: (observation: Observation) => void
    ignored: ReadonlySet<string>
    /** False: its person's stream alone. */
    followsThreads: boolean
  }) {
    this.name = options.name
    this.user = options.user
    this.#observe = options.observe
    this.#ignored = options.ignored
    this.#followsThreads = options.followsThreads
    this.copies.set(`user:${options.user}`, new Copy(`user:${options.user}`))
  }

  observe(observation: Observation): void {
    this.#observe(observation)
  }

  /** From a position when it is already known (after one's own message), else from the start. */
  follow(threadId: string, position: string | null = null): void {
    const stream = threadStream(threadId)
    if (!this.#followsThreads || this.copies.has(stream) || this.#ignored.has(threadId)) return
    const copy = new Copy(stream, position)
    this.copies.set(stream, copy)
    this.onFollow(copy)
  }

  /** Resolves with the answer, however many connections it takes. */
  command(message: CommandMessage): Promise<Ok | Refusal> {
    return new Promise((resolve) => {
      const command: Command = {
        message,
        answer: undefined,
        notBefore: 0,
        answered: (answer) => {
          if (command.answer) return
          command.answer = answer
          this.commands.delete(command)
          resolve(answer)
        },
      }
      this.commands.add(command)
      this.onCommand(command)
    })
  }

  /** False when a hole shows that the stream must be subscribed again. */
  take(message: ServerMessage): boolean {
    if (!('stream' in message) || message.stream === undefined) return true
    const copy = this.copies.get(message.stream)
    if (!copy) return true
    if (message.type === 'snapshot') {
      copy.snapshot(message)
      if ('threads' in message.state) for (const { id } of message.state.threads) this.follow(id)
    } else if (message.type === 'live') copy.live(message)
    else if (message.type === 'event') {
      const { event } = message
      const isNext = message.seq === copy.seq + 1
      if (!copy.event(message)) return false
      if (isNext && event.type === 'thread_created') this.follow(event.thread_id)
    }
    return true
  }

  /** Says what it has, for whoever judges. */
  tell(): void {
    for (const { stream, position, state } of this.copies.values()) {
      if (position === null) continue
      this.observe({ kind: 'state', device: this.name, stream, position, state })
    }
  }
}
