import {
  ClientStopped,
  CommandError,
  isConnected,
  NetraClient,
  tokenCredentials,
  type OutboxEntry,
  type OutboxStorage,
  type SocketHandlers,
  type Transport,
} from '@netra/client'
import type { ClientMessageInput } from '@netra/protocol'

import type { HeardMessage } from '../../packages/validator/src/auditor/auditor.ts'
import { tokenFor } from './auth.ts'
import { BEGINNING, Host } from './host.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { Wire } from './wire.ts'
import type { Witness } from './witness.ts'

export interface DeviceParts {
  name: string
  user: string
  schedule: Schedule
  random: Random
  witness: Witness
  tokenLifeMs: number
  /** Opens a connection to some node; undefined: nobody answers. */
  dial(page: Host, name: string, handlers: SocketHandlers): Wire
}

/** One device of a person: the shipped SDK on a page that may be slow, asleep or loaded anew. */
export class Device {
  readonly name: string
  readonly user: string
  readonly #parts: DeviceParts
  readonly #kept = new Map<string, OutboxEntry>()
  readonly #followed = new Set<string>()
  readonly #wires = new Set<Wire>()
  #count = 0
  /** What was asked of this page's client and has no answer yet. */
  #wishes = 0
  page: Host
  client: NetraClient
  /** The last message it sent, as it stood on the wire. */
  lastCommand: ClientMessageInput | undefined

  constructor(parts: DeviceParts) {
    this.#parts = parts
    this.name = parts.name
    this.user = parts.user
    this.page = new Host(this.name, parts.schedule)
    this.client = this.#open()
  }

  get wires(): Wire[] {
    return [...this.#wires].filter((wire) => !wire.isOver)
  }

  /** Ids of the threads that it shows. */
  get threads(): string[] {
    return this.client
      .user(this.user)
      .getSnapshot()
      .state.threads.map(({ id }) => id)
  }

  /** The page goes away with all it knew; a new one begins. What waits to be sent was kept. */
  reload(): void {
    this.page.kill()
    for (const wire of this.#wires) wire.cut()
    this.#wires.clear()
    this.#followed.clear()
    this.#wishes = 0
    this.#parts.witness.see({ kind: 'restarted', device: this.name })
    this.page = new Host(this.name, this.#parts.schedule)
    this.client = this.#open()
  }

  #open(): NetraClient {
    const { page } = this
    const { user, random, witness, tokenLifeMs, schedule } = this.#parts
    const client = new NetraClient({
      url: 'sim:',
      credentials: tokenCredentials(async () => {
        await new Promise<void>((resolve) => page.after(random.between(1, 40), resolve))
        if (random.chance(0.03)) throw new Error('no token right now')
        this.#count += 1
        return tokenFor(user, BEGINNING + Math.floor(schedule.now) + tokenLifeMs, this.#count)
      }),
      transport: this.#transport(page),
      clock: page.clock,
      random: random.next,
      outbox: this.#storage(page),
      device: this.name,
      userId: user,
    })
    client.user(user).subscribe(() => this.#followThreads(client))
    client.connect().catch((error: unknown) => {
      if (page.state !== 'dead') witness.complain(this.name, `connect: ${String(error)}`)
    })
    return client
  }

  #followThreads(client: NetraClient): void {
    if (client !== this.client) return
    for (const { id } of client.user(this.user).getSnapshot().state.threads) {
      if (this.#followed.has(id)) continue
      this.#followed.add(id)
      client.thread(id).subscribe(() => undefined)
    }
  }

  #storage(page: Host): OutboxStorage {
    const later = () =>
      new Promise<void>((resolve) => page.after(this.#parts.random.between(0, 5), resolve))
    return {
      load: async () => {
        await later()
        return [...this.#kept.values()]
      },
      save: async (entry) => {
        await later()
        this.#kept.set(entry.id, entry)
      },
      remove: async (id) => {
        await later()
        this.#kept.delete(id)
      },
    }
  }

  #transport(page: Host): Transport {
    const { witness } = this.#parts
    return {
      open: (_url, handlers) => {
        this.#count += 1
        const socket = `${this.name}#${this.#count}`
        const place = { device: this.name, socket }
        witness.see({ kind: 'opened', ...place, user: this.user })
        const closed = (): void => witness.see({ kind: 'closed', ...place })
        const wire = this.#parts.dial(page, socket, {
          onOpen: () => handlers.onOpen(),
          onFrame: (text) => {
            const read = JSON.parse(text) as HeardMessage | HeardMessage[]
            const messages = Array.isArray(read) ? read : [read]
            const bytes = Buffer.byteLength(text)
            witness.see({ kind: 'heard', ...place, messages, bytes })
            handlers.onFrame(text)
          },
          onClose: (code, reason) => {
            closed()
            witness.note(socket, `ends with ${code} ${reason}`)
            handlers.onClose(code, reason)
          },
        })
        this.#wires.add(wire)
        return {
          send: (text) => {
            const message = JSON.parse(text) as ClientMessageInput
            if ('client_message_id' in message) this.lastCommand = message
            witness.see({ kind: 'said', ...place, message })
            wire.say(text)
          },
          close: (code, reason) => {
            closed()
            wire.leave(code, reason)
          },
        }
      },
    }
  }

  /** What was said before comes once more, on whatever connection there is now. */
  repeatCommand(): void {
    const wire = this.wires.at(-1)
    const message = this.lastCommand
    if (!wire || !message || !isConnected(this.client.status.getSnapshot())) return
    const place = { device: this.name, socket: wire.name }
    this.#parts.witness.see({ kind: 'said', ...place, message })
    wire.say(JSON.stringify(message))
  }

  send(text: string): void {
    const { random } = this.#parts
    const { threads } = this.client.user(this.user).getSnapshot().state
    const threadId = threads.length === 0 || random.chance(0.25) ? null : random.pick(threads).id
    this.#count += 1
    const clientMessageId = `${this.name}-${this.#count}`
    this.#wish('send', this.client.sendMessage({ threadId, text, clientMessageId }))
  }

  stop(): void {
    const { open_runs: runs } = this.client.user(this.user).getSnapshot().state
    if (runs.length > 0)
      this.#wish('stop', this.client.cancelRun(this.#parts.random.pick(runs).run_id))
  }

  regenerate(): void {
    const { random } = this.#parts
    const asked = [...this.#followed].flatMap((threadId) =>
      this.client
        .thread(threadId)
        .getSnapshot()
        .state.messages.filter(({ role }) => role === 'user')
        .map(({ id }) => ({ threadId, messageId: id })),
    )
    if (asked.length === 0) return
    this.#count += 1
    const clientMessageId = `${this.name}-${this.#count}`
    this.#wish('regenerate', this.client.regenerate({ ...random.pick(asked), clientMessageId }))
  }

  /** Answers one of the questions that it shows. */
  decide(): void {
    const { random } = this.#parts
    const asked = [...this.#followed].flatMap((id) =>
      this.client
        .thread(id)
        .getSnapshot()
        .state.approvals.filter(({ status }) => status === 'pending'),
    )
    const one = random.maybe(asked)
    if (!one) return
    const { run_id: runId, tool_call_id: toolCallId, fence } = one
    const approved = random.chance(0.5)
    this.#wish('decide', this.client.decide({ runId, toolCallId, approved, fence }))
  }

  /** Refusals are answers too; anything else is not. */
  #wish(what: string, wish: Promise<unknown>): void {
    const { witness } = this.#parts
    const { page } = this
    this.#wishes += 1
    wish.then(
      () => {
        if (page === this.page) this.#wishes -= 1
        witness.note(this.name, `${what} is answered`)
      },
      (error: unknown) => {
        if (page !== this.page) return
        this.#wishes -= 1
        if (error instanceof CommandError) return witness.note(this.name, `${what}: ${error.code}`)
        if (error instanceof ClientStopped)
          return witness.note(this.name, `${what}: ${error.message}`)
        witness.complain(this.name, `${what}: ${String(error)}`)
      },
    )
  }

  /** Everything it follows, with what it made of it. */
  streams() {
    const { client } = this
    const user = client.user(this.user)
    return [
      { stream: `user:${this.user}` as const, view: user.getSnapshot() },
      ...[...this.#followed].map((id) => ({
        stream: `thread:${id}` as const,
        view: client.thread(id).getSnapshot(),
      })),
    ]
  }

  /** Commands that still wait for the server; what was refused waits for a person. */
  get waiting() {
    return this.client.pending
      .getSnapshot()
      .filter(({ status }) => status !== 'refused' && status !== 'expired')
  }

  get isCalm(): boolean {
    return (
      isConnected(this.client.status.getSnapshot()) &&
      this.#wishes === 0 &&
      this.waiting.length === 0 &&
      this.streams().every(({ view }) => view.phase === 'live' || view.phase === 'gone')
    )
  }
}
