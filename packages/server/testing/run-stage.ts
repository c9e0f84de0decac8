import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createAccess } from '../src/access/access.ts'
import type { Agents, ModelMeter, Step, Turn } from '../src/agent/agent.ts'
import { createCommands, type Commands } from '../src/command/command.ts'
import {
  JournalUnavailable,
  threadStream,
  userStream,
  type Journal,
  type StreamName,
} from '../src/journal/journal.ts'
import { openSqliteJournal } from '../src/journal/sqlite/sqlite-journal.ts'
import type { Clock } from '../src/platform/clock.ts'
import { asId, type RunId, type ThreadId, type UserId } from '../src/platform/ids.ts'
import { silentLogger as logger } from '../src/platform/logger.ts'
import { createMetrics, type Metrics } from '../src/platform/metrics.ts'
import { RateLimit } from '../src/platform/rate-limit.ts'
import { TestClock } from '../src/platform/testing-clock.ts'
import { createRuns, type Runs, type RunsOptions } from '../src/run/run.ts'
import { folderFiles } from './folder-files.ts'

export const OWNER = asId<UserId>('owner')

export type Act = (turn: Turn, signal: AbortSignal, meter?: ModelMeter) => AsyncGenerator<Step>

export interface Event {
  type: string
  seq: number
  [field: string]: unknown
}

/** One process over the shared store, as far as runs are concerned. */
export interface Node extends AsyncDisposable {
  runs: Runs
  commands: Commands
  metrics: Metrics
  /** Its timers and its way to the store stand still, as after SIGSTOP; asleep, its clock does too. */
  pause(options?: { isAsleep: boolean }): void
  /** All that was due while it was paused happens now. */
  resume(): void
  /** Paused for ever, as after SIGKILL. */
  kill(): void
  /** The store takes nothing from it, and says so. */
  cut(isCut: boolean): void
}

export const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

/** Several nodes over one real journal, on a clock that only the test moves. */
export async function runStage() {
  const folder = await mkdtemp(join(tmpdir(), 'netra-runs-'))
  const clock = new TestClock()
  const journal = await openSqliteJournal({ folder, logger, clock })
  const files = await folderFiles()
  const nodes: Node[] = []
  let messages = 0

  function node(act: Act, options: Partial<RunsOptions> & { skewMs?: () => number } = {}): Node {
    const life = createLife(clock, options.skewMs ?? (() => 0))
    const metrics = createMetrics()
    const own = life.over(journal)
    const runs = createRuns({
      journal: own,
      agents: agentsOf(act),
      defaultModel: async () => 'test/model',
      clock: life.clock,
      logger,
      metrics,
      isSoleOwner: false,
      ...options,
    })
    const commands = createCommands({
      journal: own,
      clock: life.clock,
      access: createAccess(own),
      files,
      messageRate: new RateLimit(clock, { perMinute: 10_000, burst: 10_000 }),
      runs,
    })
    let isDead = false
    const made: Node = {
      runs,
      commands,
      metrics,
      pause: (how) => life.pause(how),
      resume: () => life.resume(),
      kill() {
        isDead = true
        life.pause()
      },
      cut: (isCut) => life.cut(isCut),
      async [Symbol.asyncDispose]() {
        if (!isDead) await runs[Symbol.asyncDispose]()
      },
    }
    nodes.push(made)
    return made
  }

  async function send(at: Node, text = 'hello', threadId: string | null = null) {
    const outcome = await at.commands.sendMessage(OWNER, {
      client_message_id: `message-${++messages}`,
      thread_id: threadId,
      content: [{ type: 'text', text }],
    })
    if (!outcome.ok) throw new Error(outcome.message)
    return { runId: outcome.answer.run_id, threadId: outcome.answer.thread_id }
  }

  async function events(stream: StreamName): Promise<Event[]> {
    const stored = await journal.read(stream, 0, { events: 10_000, bytes: 64 * 1024 * 1024 })
    return stored.map(({ seq, payload }) => ({ ...(JSON.parse(payload) as Event), seq }))
  }

  const stage = {
    clock,
    journal,
    node,
    send,
    ofThread: (threadId: ThreadId) => events(threadStream(threadId)),
    ofUser: () => events(userStream(OWNER)),
    row: (runId: RunId) =>
      journal.db.selectFrom('run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    /** What the ledger holds, oldest first. */
    calls: () => journal.db.selectFrom('model_call').selectAll().orderBy('id').execute(),
    /** Lets time pass, by steps with a whole trip to the store between them, until `fits`. */
    async until(fits: () => boolean | Promise<boolean>, { within = 600_000, step = 50 } = {}) {
      const began = clock.monotonic()
      while (!(await fits())) {
        if (clock.monotonic() - began > within) throw new Error(`not within ${within} ms`)
        clock.advance(step)
        await journal.write([])
      }
      return clock.monotonic() - began
    },
    async pass(ms: number) {
      const end = clock.monotonic() + ms
      await stage.until(() => clock.monotonic() >= end)
    },
    async ended(
      run: { runId: RunId; threadId: ThreadId },
      within?: { within: number; step?: number },
    ) {
      const ends = async () =>
        (await stage.ofThread(run.threadId)).filter(
          (event) => event['run_id'] === run.runId && TERMINAL.has(event.type),
        )
      await stage.until(async () => (await ends()).length > 0, within)
      const found = await ends()
      const [end] = found
      if (!end || found.length > 1) throw new Error(`${found.length} terminal events`)
      return end
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((each) => each[Symbol.asyncDispose]()))
      await journal[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return stage
}

const agentsOf = (act: Act): Agents => ({
  act,
  list: async () => [],
  resolve: () => 'assistant',
  ownModelOf: () => undefined,
  fixedModelOf: () => undefined,
  modelUse: () => ({ isNeeded: true, isNamed: true }),
  breaker: () => Promise.reject(new Error('no breaker here')),
  breakers: () => [],
  lacking: () => [],
  tools: () => [],
})

/** What a process needs to live: time, and a way to the store; both can be taken from it. */
function createLife(base: Clock, skewMs: () => number) {
  let isPaused = false
  let isCut = false
  let isAsleep = false
  let pausedAt = 0
  let sleptMs = 0
  let waiting: (() => void)[] = []
  const whenRunning = (): Promise<void> =>
    isPaused ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()
  const reach = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    await whenRunning()
    if (isCut) throw new JournalUnavailable('the store cannot be reached')
    const answer = await ask()
    await whenRunning()
    return answer
  }
  const clock: Clock = {
    now: () => base.now() + skewMs(),
    monotonic: () => (isAsleep ? pausedAt : base.monotonic()) - sleptMs,
    after: (ms, callback) =>
      base.after(ms, () => {
        if (isPaused) waiting.push(callback)
        else callback()
      }),
  }
  return {
    clock,
    over: (journal: Journal): Journal =>
      new Proxy(journal, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          if (name === 'commit') return (commit: never) => reach(() => target.commit(commit))
          if (name === 'write') return (rows: never) => reach(() => target.write(rows))
          if (name === 'readKept')
            return (...args: Parameters<Journal['readKept']>) =>
              reach(() => target.readKept(...args))
          return typeof value === 'function' ? value.bind(target) : value
        },
      }),
    pause(options = { isAsleep: false }) {
      isPaused = true
      isAsleep = options.isAsleep
      pausedAt = base.monotonic()
    },
    resume() {
      isPaused = false
      if (isAsleep) sleptMs += base.monotonic() - pausedAt
      isAsleep = false
      for (const wake of waiting.splice(0)) wake()
    },
    cut(cut: boolean) {
      isCut = cut
    },
  }
}

/** A place at which a scripted agent waits until the test lets it go. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  return {
    open: resolve,
    reached: reached.promise,
    /** Rejects with the signal's reason when it is aborted, as a model call does. */
    async pass(signal: AbortSignal): Promise<void> {
      reached.resolve()
      signal.throwIfAborted()
      const stop = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => stop.reject(signal.reason), { once: true })
      await Promise.race([promise, stop.promise])
    },
  }
}

const NO_USAGE = { inputTokens: 1, outputTokens: 1 }

export const said = (text: string): Step => ({
  kind: 'spoken',
  text,
  usage: NO_USAGE,
  costUsd: null,
  calls: [],
})

export const done = (text: string): Step => ({
  kind: 'done',
  finalResponse: text,
  usage: NO_USAGE,
  costUsd: null,
  steps: 1,
})

/** Answers at once. */
export const answering = (text = 'done'): Act =>
  async function* () {
    yield { kind: 'text', text }
    yield said(text)
    yield done(text)
  }
