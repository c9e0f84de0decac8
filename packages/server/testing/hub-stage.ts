import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHub, type Hub } from '../src/hub/hub.ts'
import type { Sink } from '../src/hub/sink.ts'
import { makeDelta, makeEvent, type Journal, type StreamName } from '../src/journal/journal.ts'
import { openSqliteJournal } from '../src/journal/sqlite/sqlite-journal.ts'
import { systemClock, type Clock } from '../src/platform/clock.ts'
import { asId, type RunId, type ThreadId, type UserId } from '../src/platform/ids.ts'
import { silentLogger } from '../src/platform/logger.ts'
import { createMetrics, type Metrics } from '../src/platform/metrics.ts'

/** What of the journal a test has go wrong; the rest is the real one. */
export type Faults = Partial<Pick<Journal, 'read' | 'readKept' | 'onEpochChanged' | 'follow'>> & {
  epoch?: () => string
}

/** A hub over a real journal in a folder of its own. */
export interface Stage extends AsyncDisposable {
  journal: Journal
  hub: Hub
  metrics: Metrics
  append(stream: StreamName, count: number): Promise<unknown>
  /** One run of a thread: accepted, answered in so many pieces, completed. */
  run(threadId: string, pieces: number, options?: { isOpen?: boolean }): Promise<void>
}

export async function openStage(
  options: { clock?: Clock; faults?: (journal: Journal) => Faults } = {},
): Promise<Stage> {
  const { clock = systemClock } = options
  const folder = await mkdtemp(join(tmpdir(), 'netra-hub-'))
  const journal = await openSqliteJournal({ folder, logger: silentLogger })
  const metrics = createMetrics()
  const faulty = withFaults(journal, options.faults?.(journal) ?? {})
  const hub = createHub({ journal: faulty, clock, logger: silentLogger, metrics })
  let runs = 0
  return {
    journal,
    hub,
    metrics,
    append: (stream, count) =>
      journal.commit({
        appends: [{ stream, events: Array.from({ length: count }, () => FUTURE) }],
      }),
    async run(threadId, pieces, { isOpen = false } = {}) {
      const runId = asId<RunId>(`run-${++runs}`)
      const context = {
        user_id: asId<UserId>('u'),
        thread_id: asId<ThreadId>(threadId),
        run_id: runId,
        agent: 'assistant',
        trace_id: null,
      }
      const messageId = `answer-${runs}`
      const content = [{ type: 'text', text: 'x'.repeat(pieces) }]
      const usage = { input_tokens: 1, output_tokens: 1 }
      const deltas = Array.from({ length: pieces }, (_, offset) =>
        makeDelta({ run_id: runId, message_id: messageId, part: 0, offset, text: 'x' }),
      )
      const end = [
        makeEvent(clock, 'message_completed', context, { message_id: messageId, content, usage }),
        makeEvent(clock, 'agent_completed', context, {
          message_id: messageId,
          final_response: 'x'.repeat(pieces),
          usage,
          cost: { usd: null },
          duration_ms: 1,
          steps: 1,
        }),
      ]
      const events = [
        makeEvent(clock, 'run_accepted', context, {
          client_message_id: `m-${runs}`,
          model: 'm',
          parent_message_id: 'p',
        }),
        ...deltas,
        ...(isOpen ? [] : end),
      ]
      await journal.commit({ appends: [{ stream: `thread:${threadId}`, events }] })
    },
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      await journal[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const FUTURE = { type: 'future', payload: '{"type":"future"}' }

function withFaults(journal: Journal, { epoch, ...faults }: Faults): Journal {
  const made = new Map<string | symbol, unknown>(Object.entries(faults))
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'epoch' && epoch) return epoch()
      const value: unknown = made.get(name) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

interface Frame {
  type: string
  seq?: number
  why?: string
  state?: unknown
}

/** A reader with a window of its own. */
export class Listener implements Sink {
  open = true
  readonly frames: Frame[] = []
  failure: unknown

  send(frame: string): void {
    this.frames.push(JSON.parse(frame) as Frame)
  }

  failed(error: unknown): void {
    this.failure = error
  }

  get seqs(): number[] {
    return this.frames.flatMap((frame) => (frame.type === 'event' ? [frame.seq ?? 0] : []))
  }

  get types(): string[] {
    return this.frames.map(({ type }) => type)
  }

  async until(fits: (listener: this) => boolean): Promise<void> {
    while (!fits(this)) await new Promise((resolve) => setTimeout(resolve, 2))
  }

  live(): Promise<void> {
    return this.until(({ types }) => types.includes('live'))
  }
}

export const oneTo = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index + 1)
