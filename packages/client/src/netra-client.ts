import type { Run, StreamName } from '@netra/protocol'
import { threadStream, userStream } from '@netra/protocol'

import { ClientStopped, StreamEnded } from './client-error.ts'
import { systemClock, type Clock } from './clock.ts'
import { isConnected, type ConnectionState } from './connection-state.ts'
import { Connection } from './connection.ts'
import type { Credentials } from './credentials.ts'
import { httpTransport } from './http-socket/http-transport.ts'
import { HttpApi } from './http.ts'
import { deviceId, localStorageOf } from './identity.ts'
import { ItemQueue } from './item-queue.ts'
import { LiveStream } from './live-stream.ts'
import type { OutboxStorage } from './outbox-storage.ts'
import { Outbox, type PendingCommand } from './outbox.ts'
import { onPageReturn } from './page-events.ts'
import { whenStore, type Store } from './store.ts'
import { StreamReader, type StreamItem } from './stream-reader.ts'
import { threadFold, userFold, type ThreadStream, type UserStream } from './streams.ts'
import { Subscriptions, type StreamMessage } from './subscriptions.ts'
import { webSocketTransport, type Transport } from './transport.ts'
import {
  acceptedOf,
  decideOf,
  regenerateOf,
  sendMessageOf,
  type Accepted,
  type Decision,
  type MessageToRegenerate,
  type MessageToSend,
} from './wishes.ts'

export interface NetraClientOptions {
  /** The socket's address, as `GET /api/config` names it. */
  url: string
  credentials: Credentials
  transport?: Transport
  /** The way by plain requests, for where no socket gets through: `httpTransport()`. */
  fallback?: Transport
  clock?: Clock
  random?: () => number
  /** Where unanswered messages are kept; in memory unless given. */
  outbox?: OutboxStorage
  /** Whoever else turns out to be signed in, the client stops (4502) and sends nothing as them. */
  userId?: string
  /** Random per browser profile unless given. */
  device?: string
}

/** How many threads that nobody looks at are remembered with their state. */
const MAX_IDLE_THREADS = 30

/** Netra over one socket: it connects, comes back, reads streams and gets commands through. */
export class NetraClient implements Disposable {
  readonly status: Store<ConnectionState>
  /** Commands without an answer yet, oldest first. */
  readonly pending: Store<readonly PendingCommand[]>
  /** Random per client, so that only a newer socket of this very page replaces an older one. */
  readonly instance: string = crypto.randomUUID()
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #subscriptions: Subscriptions
  readonly #outbox: Outbox
  readonly #threads = new Map<string, ThreadStream>()
  readonly #users = new Map<string, UserStream>()
  readonly #queues = new Set<ItemQueue<StreamItem>>()
  #requests = 0
  #stopPageEvents: (() => void) | undefined

  constructor(options: NetraClientOptions) {
    const clock = options.clock ?? systemClock
    const random = options.random ?? Math.random
    this.#clock = clock
    this.#connection = new Connection({
      url: options.url,
      transport: options.transport ?? webSocketTransport,
      fallback: options.fallback,
      credentials: options.credentials,
      clock,
      random,
      device: options.device ?? deviceId(localStorageOf(globalThis)),
      instance: this.instance,
      userId: options.userId,
      resume: (room) => this.#subscriptions.resume(room),
      positions: () => this.#subscriptions.positions(),
      onWelcome: (welcome) => {
        this.#subscriptions.onWelcome(welcome)
        this.#outbox.onWelcome()
      },
      onMessage: (message) => this.#onMessage(message),
      onLost: () => {
        this.#subscriptions.onLost()
        this.#outbox.onLost()
      },
      onEnded: ({ code, why }) => {
        this.#subscriptions.onLost()
        if (this.status.getSnapshot().kind === 'closed') this.#outbox.close(why)
        else this.#outbox.stop(why, code)
      },
    })
    const send = this.#connection.send.bind(this.#connection)
    this.#subscriptions = new Subscriptions({
      clock,
      random,
      send,
      nextId: () => this.#nextId('s'),
    })
    this.#outbox = new Outbox({ clock, random, send, storage: options.outbox })
    this.status = this.#connection.status
    this.pending = this.#outbox.pending
  }

  /**
   * A client that learns every address from the server itself, those of the fallback too.
   *
   * @param options.baseUrl where Netra is served; in a browser the page's own origin.
   */
  static async fromConfig(
    options: Omit<NetraClientOptions, 'url'> & { baseUrl: string; fetch?: typeof fetch },
  ): Promise<NetraClient> {
    const { baseUrl, fetch: fetchWith, ...rest } = options
    const api = new HttpApi({ baseUrl, ...(fetchWith && { fetch: fetchWith }) })
    const config = await api.config()
    const addresses = api.fallbackAddresses(config)
    const requests = {
      ...(fetchWith && { fetch: fetchWith }),
      ...(rest.clock && { clock: rest.clock }),
    }
    const fallback = addresses && httpTransport(addresses, requests)
    return new NetraClient({ ...(fallback && { fallback }), ...rest, url: config.ws_url })
  }

  /** Begins, or begins again after `stopped` or `closed`. Resolves once connected. */
  async connect(signal?: AbortSignal): Promise<void> {
    this.#stopPageEvents ??= onPageReturn(globalThis, () => this.#connection.nudge())
    for (const stream of this.#streams()) stream.begin()
    this.#connection.connect()
    await this.#outbox.restore()
    const settled = await whenStore(
      this.status,
      (state) => isConnected(state) || state.kind === 'stopped' || state.kind === 'closed',
      signal,
    )
    if (settled.kind === 'stopped') throw new ClientStopped(settled.why.why, settled.why.code)
    if (settled.kind === 'closed') throw new ClientStopped('the client was closed')
  }

  /** Ends the connection, the iterators and every command that waits. */
  close(): void {
    this.#stopPageEvents?.()
    this.#stopPageEvents = undefined
    for (const stream of this.#streams()) stream.end()
    for (const queue of this.#queues) queue.end()
    this.#connection.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Asks at once whether the connection lives; opens one at once while waiting to. */
  nudge(): void {
    this.#connection.nudge()
  }

  /**
   * Sends a message; resolves when the server has it for good. Lost connections are waited out.
   *
   * @throws CommandError when it is refused; ClientStopped when the client ends first.
   */
  async sendMessage(wish: MessageToSend): Promise<Accepted> {
    return acceptedOf(await this.#outbox.add(sendMessageOf(this.#nextId('c'), wish)))
  }

  /** Has a user's message answered once more; the earlier answer stays as a branch. */
  async regenerate(wish: MessageToRegenerate): Promise<Accepted> {
    return acceptedOf(await this.#outbox.add(regenerateOf(this.#nextId('c'), wish)))
  }

  async cancelRun(runId: string): Promise<void> {
    await this.#outbox.add({ type: 'cancel_run', id: this.#nextId('c'), run_id: runId })
  }

  async decide(decision: Decision): Promise<void> {
    await this.#outbox.add(decideOf(this.#nextId('c'), decision))
  }

  /** Sends a message that waits for the person (`expired`, `refused`) once more, as the same one. */
  resend(id: string): Promise<void> {
    return this.#outbox.resend(id)
  }

  /** Forgets a message that waits for the person, or one (`retrying`) that is not taken for now. */
  discard(id: string): void {
    this.#outbox.discard(id)
  }

  /** The same object for the same thread; it is read while somebody listens to it. */
  thread(threadId: string): ThreadStream {
    const known = this.#threads.get(threadId)
    const thread = known ?? this.#live(threadStream(threadId), threadFold)
    this.#threads.delete(threadId)
    this.#threads.set(threadId, thread)
    if (!known) this.#forgetIdleThreads(threadId)
    return thread
  }

  /** The user's own stream. Without an id: of whoever is connected. */
  user(userId?: string): UserStream {
    const state = this.status.getSnapshot()
    const id = userId ?? (isConnected(state) ? state.userId : undefined)
    if (id === undefined) throw new Error('user() needs a user id before the client is connected')
    const stream = this.#users.get(id) ?? this.#live(userStream(id), userFold)
    this.#users.set(id, stream)
    return stream
  }

  /**
   * The items of one stream after `after` (null: from its beginning), in order and once, across
   * reconnects. Keep the `position` of the last item to go on from there another time.
   *
   * @throws StreamEnded while iterating, when the stream is not there or cannot be read.
   */
  events(
    stream: StreamName,
    options: { after?: string | null; signal?: AbortSignal } = {},
  ): ItemQueue<StreamItem> {
    const queue = new ItemQueue<StreamItem>(() => {
      this.#queues.delete(queue)
      this.#subscriptions.close(reader)
    })
    const reader = new StreamReader(
      stream,
      {
        take: (item) => queue.push(item),
        phase(phase, problem) {
          if (phase === 'gone' || phase === 'broken') {
            queue.fail(new StreamEnded(stream, phase, problem))
          }
        },
      },
      options.after ?? null,
    )
    this.#subscriptions.open(reader)
    this.#queues.add(queue)
    return queue.endWith(options.signal)
  }

  /** Resolves when the run has ended, however: its `outcome` says how. */
  async runEnded(threadId: string, runId: string, signal?: AbortSignal): Promise<Run> {
    const find = (runs: readonly Run[]) => runs.find((run) => run.id === runId)
    const view = await whenStore(
      this.thread(threadId),
      ({ state, phase }) =>
        phase === 'gone' || phase === 'broken' || Boolean(find(state.runs)?.outcome),
      signal,
    )
    const run = find(view.state.runs)
    if (!run?.outcome) {
      const phase = view.phase === 'gone' ? 'gone' : 'broken'
      throw new StreamEnded(threadStream(threadId), phase, view.problem)
    }
    return run
  }

  #onMessage(message: StreamMessage): void {
    if (message.type === 'ok' || message.type === 'error') {
      if (this.#outbox.onAnswer(message)) return
    }
    this.#subscriptions.onMessage(message)
  }

  #live<State>(
    stream: StreamName,
    fold: ConstructorParameters<typeof LiveStream<State>>[0]['fold'],
  ) {
    return new LiveStream<State>({
      stream,
      subscriptions: this.#subscriptions,
      clock: this.#clock,
      fold,
    })
  }

  #streams(): (ThreadStream | UserStream)[] {
    return [...this.#threads.values(), ...this.#users.values()]
  }

  /** Never the one that was just asked for: who has it would read the stream beside another reader. */
  #forgetIdleThreads(asked: string): void {
    for (const [id, thread] of this.#threads) {
      if (this.#threads.size <= MAX_IDLE_THREADS) return
      if (id === asked || thread.isAttended || thread.getSnapshot().phase !== 'closed') continue
      this.#threads.delete(id)
    }
  }

  #nextId(kind: string): string {
    this.#requests += 1
    return `${kind}${this.#requests}-${this.instance.slice(0, 8)}`
  }
}
