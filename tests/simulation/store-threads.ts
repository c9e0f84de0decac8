import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { packOutcomes, unpackGroup } from '../../packages/server/src/journal/sqlite/group.ts'
import type {
  CommitRequest,
  PackedGroup,
  ReaderRequest,
  WriterAnswer,
  WriterRequest,
} from '../../packages/server/src/journal/sqlite/messages.ts'
import { serveReader } from '../../packages/server/src/journal/sqlite/reader-service.ts'
import type { SqliteJournalOptions } from '../../packages/server/src/journal/sqlite/sqlite-journal.ts'
import type { Serving } from '../../packages/server/src/journal/sqlite/worker-link.ts'
import { serveWriter } from '../../packages/server/src/journal/sqlite/writer-service.ts'
import type { JournalEvent } from '../../packages/validator/src/auditor/auditor.ts'
import type { Disk, Untold } from './disk.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'

type Threads = NonNullable<SqliteJournalOptions['serving']>
type Listener = (message: never) => void
type Asked<Request> = { id: number; request: Request }

/** The two ends of a thread's messages: in order, each a moment late, all on one machine. */
class Thread {
  readonly #host: Host
  readonly #random: Random
  readonly #listeners = new Map<string, ((given: unknown) => void)[]>()
  #serve: Listener | undefined
  #lateness = { in: 0, out: 0 }

  constructor(host: Host, random: Random) {
    this.#host = host
    this.#random = random
  }

  /** What the process sees of it. */
  readonly outside = {
    on: (event: string, listener: (given: unknown) => void) => {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
    },
    postMessage: (message: never) => this.#pass('in', () => this.#serve?.(message)),
    terminate: async () => 0,
  } as unknown as Serving

  /** Messages to the thread, whatever `listener` makes of them. */
  onMessage<Message>(listener: (message: Message) => void): void {
    this.#serve = listener
  }

  answer(message: unknown, whenTold?: () => void): void {
    this.#pass('out', () => {
      whenTold?.()
      this.emit('message', message)
    })
  }

  /** It has nothing more to serve. */
  end(): void {
    this.#pass('out', () => this.emit('exit', 0))
  }

  emit(event: string, given: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(given)
  }

  #pass(way: 'in' | 'out', arrive: () => void): void {
    const now = this.#host.clock.monotonic()
    const slow = this.#random.chance(0.02) ? 50 : 2
    this.#lateness[way] = Math.max(this.#lateness[way], now + this.#random.next() * slow)
    this.#host.after(this.#lateness[way] - now, arrive)
  }
}

/** The shipped writer and reader of a journal, in this process and in the world's time. */
export function storeThreads(host: Host, disk: Disk, random: Random): Threads & Disposable {
  const closing: (() => void)[] = []
  return {
    writer(options) {
      const thread = new Thread(host, random)
      host.after(1, () => {
        try {
          const close = serve(thread, { host, disk }, (port, defer) =>
            serveWriter(port, options, defer),
          )
          closing.push(close)
        } catch (error) {
          thread.emit('error', error)
          thread.end()
        }
      })
      return thread.outside
    },
    reader(folder) {
      const thread = new Thread(host, random)
      host.after(1, () => {
        let listener: ((asked: Asked<ReaderRequest>) => void) | undefined
        serveReader(
          {
            on: (_event, take) => void (listener = take),
            postMessage: (message) => thread.answer(message),
            close: () => thread.end(),
          },
          folder,
        )
        thread.onMessage((asked: Asked<ReaderRequest>) => listener?.(asked))
        closing.push(() => listener?.({ id: 0, request: { kind: 'close' } }))
      })
      return thread.outside
    },
    [Symbol.dispose]() {
      for (const close of closing.splice(0)) close()
    },
  }
}

type Port = Parameters<typeof serveWriter>[0]

/** Between the writer and its process: notes what was committed before anybody is told. */
function serve(
  thread: Thread,
  { host, disk }: { host: Host; disk: Disk },
  begin: (port: Port, defer: (callback: () => void) => void) => void,
): () => void {
  let listener: ((asked: Asked<WriterRequest>) => void) | undefined
  let commit: { requests: CommitRequest[]; before: Untold['before'] } | undefined
  let isClosed = false
  begin(
    {
      on: (_event, take) => void (listener = take),
      postMessage(message) {
        if (isClosed) return
        if (isOpened(message)) {
          disk.begins(message.opened.epoch)
          return thread.answer(message)
        }
        const { answer } = message as { answer: WriterAnswer }
        if (answer.changed) disk.begins(answer.changed.epoch)
        if (!commit || answer.kind !== 'commits') return thread.answer(message)
        disk.done(untoldOf(commit, answer, disk.folder))
        thread.answer(message, () => disk.told())
      },
      close: () => thread.end(),
    },
    (callback) => host.after(0, callback),
  )
  thread.onMessage((asked: Asked<WriterRequest>) => {
    const { id, request } = asked
    if (request.kind !== 'commits') return listener?.(asked)
    if (disk.isFull) return thread.answer({ id, answer: fullAnswer(request.group) })
    commit = { requests: unpackGroup(request.group), before: disk.before() }
    listener?.(asked)
    commit = undefined
  })
  return () => {
    isClosed = true
    listener?.({ id: 0, request: { kind: 'close' } })
  }
}

const isOpened = (message: unknown): message is { opened: { epoch: string } } =>
  typeof message === 'object' && message !== null && 'opened' in message

function fullAnswer(group: PackedGroup): WriterAnswer {
  const problem = { kind: 'full', message: 'the disk is full: simulated' } as const
  const outcomes = Array.from({ length: group.commits }, () => ({
    status: 'failed' as const,
    failure: problem,
  }))
  return { kind: 'commits', outcomes: packOutcomes(outcomes), problem }
}

function untoldOf(
  { requests, before }: { requests: CommitRequest[]; before: Untold['before'] },
  answer: Extract<WriterAnswer, { kind: 'commits' }>,
  folder: string,
): Untold {
  const failed = new Set(answer.outcomes.others.map(([index]) => index))
  const events: Untold['events'] = []
  const claims: Untold['claims'] = []
  let append = 0
  requests.forEach((request, index) => {
    if (failed.has(index)) return
    for (const { stream, payloads } of request.appends) {
      const first = answer.outcomes.firsts[append] ?? 0
      append += 1
      payloads.forEach((payload, offset) => {
        const event = JSON.parse(payload) as JournalEvent
        const fence = request.fence && { fence: request.fence.fence }
        events.push({ stream, seq: first + offset, event, ...fence })
        if (event.type === 'agent_started') claims.push(claimOf(folder, event.run_id ?? ''))
      })
    }
  })
  return { events, claims, before }
}

function claimOf(folder: string, run: string): { run: string; fence: number } {
  const path = join(folder, 'journal.db')
  if (!existsSync(path)) return { run, fence: 0 }
  const database = new DatabaseSync(path, { readOnly: true })
  const row = database.prepare('select fence from run where id = ?').get(run)
  database.close()
  return { run, fence: Number(row?.['fence'] ?? 0) }
}
