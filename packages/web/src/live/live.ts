import {
  ClientStopped,
  indexedOutbox,
  isConnected,
  NetraClient,
  type ConnectionState,
  type StreamPhase,
  type StreamView as ClientView,
} from '@netra/client'

import type { Api, ServerConfig, User } from './api.ts'
import { perFrame, type Store } from './frame-store.ts'
import type { ConnectionView, Live, Outgoing, StreamView, ThreadView } from './live-types.ts'
import { createStore, mergeOutgoing } from './outgoing.ts'
import { sharedTransports } from './shared-transports.ts'
import { afterPaint, Waits } from './waits.ts'

/** Close codes after which only signing in again helps. */
const SESSION_ENDED = new Set([0, 4501, 4502, 4503, 4507])
const DISABLED = 4507

function connectionView(state: ConnectionState): ConnectionView {
  switch (state.kind) {
    case 'open':
    case 'fallback':
      return { kind: 'connected' }
    case 'waiting':
      return { kind: 'waiting', retryAt: state.retryAt }
    case 'stopped':
      return SESSION_ENDED.has(state.why.code)
        ? { kind: 'signed_out', why: state.why.code === DISABLED ? 'disabled' : 'ended' }
        : { kind: 'stopped', why: state.why.why }
    case 'idle':
    case 'authorizing':
    case 'opening':
    case 'greeting':
    case 'falling_back':
    case 'closed':
      return { kind: 'connecting' }
    default:
      return state satisfies never
  }
}

/** Whether the browser believes that it has a network. */
const network: Store<boolean> = {
  getSnapshot: () => navigator.onLine,
  subscribe(listener) {
    addEventListener('online', listener)
    addEventListener('offline', listener)
    return () => {
      removeEventListener('online', listener)
      removeEventListener('offline', listener)
    }
  },
}

/** The connection as it is; a socket that has not noticed yet that the network is gone does not count. */
function connectionStore(status: Store<ConnectionState>): Store<ConnectionView> {
  const view = derived(status, connectionView)
  const offline: ConnectionView = { kind: 'offline' }
  return {
    subscribe(listener) {
      const stops = [view.subscribe(listener), network.subscribe(listener)]
      return () => {
        for (const stop of stops) stop()
      }
    },
    getSnapshot() {
      const now = view.getSnapshot()
      const ended = now.kind === 'signed_out' || now.kind === 'stopped'
      return network.getSnapshot() || ended ? now : offline
    },
  }
}

/** A store seen through a function; the same result for the same value. */
function derived<From, To>(source: Store<From>, view: (value: From) => To): Store<To> {
  let from: From | undefined
  let to: To | undefined
  return {
    subscribe: source.subscribe,
    getSnapshot() {
      const value = source.getSnapshot()
      if (to === undefined || !Object.is(value, from)) [from, to] = [value, view(value)]
      return to
    },
  }
}

/** Once all of a stream was there, a lost connection does not make it load again. */
function streamView<State>(): (view: ClientView<State>) => StreamView<State> {
  let wasLive = false
  const phaseOf = (phase: StreamPhase): StreamView<State>['phase'] => {
    if (phase === 'gone' || phase === 'broken') return phase
    if (phase === 'live') wasLive = true
    return wasLive ? 'live' : 'loading'
  }
  return ({ state, phase, problem, reset }) => ({
    state,
    phase: phaseOf(phase),
    problem,
    reset: reset !== null,
  })
}

/** The signed-in person's connection; the one place that holds the client. */
export function createLive(parts: { api: Api; me: User; config: ServerConfig }): Live {
  const { api, me, config } = parts
  const outbox = indexedOutbox({ userId: me.id })
  const client = new NetraClient({
    url: config.ws_url,
    credentials: api.credentials,
    ...sharedTransports(me.id, api.fallbackAddresses(config)),
    userId: me.id,
    outbox,
  })
  const threads = new Map<string, Store<ThreadView>>()
  const waits = new Waits({
    now: () => performance.now(),
    afterPaint,
    isSeen: () => document.visibilityState === 'visible',
    // A measurement that is lost is nobody's problem: the server then knows its own part alone.
    report: (runId, seen) => void api.runSeen(runId, seen).catch(() => undefined),
  })
  const onVisibility = () => {
    if (document.visibilityState !== 'visible') waits.lookedAway()
  }
  document.addEventListener('visibilitychange', onVisibility)
  const connect = () => {
    // Whatever ends it stands in the connection's state, which the screens show.
    client.connect().catch(() => undefined)
  }
  connect()
  return {
    me,
    api,
    connection: connectionStore(client.status),
    user: perFrame(derived(client.user(me.id), streamView())),
    ...sending(client, waits),
    shown: (run) => waits.shown(run),
    thread(threadId) {
      const known = threads.get(threadId)
      if (known) return known
      const store = perFrame(derived(client.thread(threadId), streamView()))
      threads.set(threadId, store)
      return store
    },
    cancel: (runId) => client.cancelRun(runId),
    decide: (decision) => client.decide(decision),
    acknowledgeReset: (threadId) => client.thread(threadId).acknowledgeReset(),
    reconnect: () => {
      if (client.status.getSnapshot().kind === 'stopped') connect()
      else client.nudge()
    },
    close() {
      document.removeEventListener('visibilitychange', onVisibility)
      client.close()
      outbox[Symbol.dispose]()
    },
  }
}

/** Messages on their way, with what the screen needs to show them meanwhile. */
function sending(
  client: NetraClient,
  waits: Waits,
): Pick<Live, 'outgoing' | 'send' | 'resend' | 'discard' | 'regenerate'> {
  const own = createStore<readonly Outgoing[]>([])
  const outgoing = createStore<readonly Outgoing[]>([])
  const merge = () => {
    const isOpen = isConnected(client.status.getSnapshot()) && network.getSnapshot()
    outgoing.set(mergeOutgoing(own.getSnapshot(), client.pending.getSnapshot(), isOpen))
  }
  for (const source of [own, client.pending, client.status, network]) source.subscribe(merge)
  const without = (id: string) => own.getSnapshot().filter((item) => item.clientMessageId !== id)
  return {
    outgoing,
    async send(wish) {
      const clientMessageId = crypto.randomUUID()
      const { threadId, text, attachments, agent, model, parentMessageId } = wish
      const item = { clientMessageId, threadId, text, attachments, status: 'sending' } as const
      own.set([...own.getSnapshot(), item])
      const became = waits.clicked()
      try {
        const accepted = await client.sendMessage({
          clientMessageId,
          threadId,
          text,
          agent,
          model,
          attachments: attachments.map(({ file_id }) => ({ file_id })),
          ...(threadId !== null && parentMessageId !== undefined && { parentMessageId }),
        })
        became(accepted.runId)
        const settled = { ...item, threadId: accepted.threadId, status: 'accepted' } as const
        own.set([...without(clientMessageId).slice(-ACCEPTED_REMEMBERED), settled])
        return accepted
      } catch (error) {
        became(null)
        own.set(without(clientMessageId))
        // The page is leaving, or the person discarded it: it is kept, or done with, and no draft.
        if (error instanceof ClientStopped) return new Promise<never>(() => undefined)
        throw error
      }
    },
    resend: (id) => void client.resend(id),
    discard: (id) => client.discard(id),
    async regenerate(wish) {
      const became = waits.clicked()
      const accepted = await client.regenerate(wish).catch((error: unknown) => {
        became(null)
        throw error
      })
      became(accepted.runId)
    },
  }
}

const ACCEPTED_REMEMBERED = 20
