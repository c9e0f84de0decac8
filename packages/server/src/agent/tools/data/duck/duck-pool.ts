import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Clock } from '../../../../platform/clock.ts'
import type { Logger } from '../../../../platform/logger.ts'
import { currentTrace, traceparentOf, type Trace } from '../../../../platform/tracing.ts'
import { ToolError, ToolUnavailable } from '../../tool.ts'
import type { AnswerMessage, DuckRequest } from './messages.ts'
import { startChild } from './start-child.ts'

export interface DuckPoolOptions {
  clock: Clock
  logger: Logger
  /** Folder for what DuckDB spills; nothing else lies in it. */
  scratch: string
  /** Child processes at most. */
  size: number
  /** A query that takes longer is killed with its child. */
  limitMs: number
  /** The same for what is done once a file: reading it and its profile; ten minutes unless given. */
  loadLimitMs?: number
}

/** How far a request is, from 0 to 1. */
type OnProgress = (done: number) => void

const LOAD_LIMIT_MS = 600_000

interface Job {
  request: DuckRequest
  userId: string
  /** Of the run that asks; the child's end is told of in it. */
  trace: Trace | undefined
  signal: AbortSignal
  onProgress: OnProgress | undefined
  resolve: (answer: unknown) => void
  reject: (error: Error) => void
}

interface Child {
  process: ChildProcess
  job: Job | undefined
  requests: number
  /** It has answered something: what ends it later is the fault of a request. */
  hasAnswered: boolean
}

const UNAVAILABLE =
  'The process that reads tables cannot be started on this server. Answer without tables, or tell the person that an administrator finds the reason in the log.'

const ENDED =
  'The process that ran this query ended before it answered, most likely for lack of memory. Filter or aggregate more, and try again.'

const isLong = ({ request }: Job): boolean => request.kind === 'load' || request.kind === 'profile'

class DuckAborted extends Error {
  override readonly name = 'AbortError'
}

/**
 * Runs DuckDB requests in child processes, so that no query holds the server's threads or memory.
 * Children start at the first request, serve one request at a time, and die by SIGKILL when their
 * request is aborted or over time; the next request then starts another.
 */
export class DuckPool implements AsyncDisposable {
  readonly #options: DuckPoolOptions
  readonly #children = new Set<Child>()
  readonly #waiting: Job[] = []
  #closed = false
  #started = 0
  #lastUserId: string | undefined

  constructor(options: DuckPoolOptions) {
    this.#options = options
  }

  /** Process ids of the living children. */
  get pids(): number[] {
    return [...this.#children].map((child) => child.process.pid ?? 0)
  }

  /**
   * The child's answer to `request`.
   *
   * @throws ToolError when the SQL or the data is at fault, ToolUnavailable when no child can be
   * started, DuckAborted when `signal` aborted it.
   */
  ask(
    request: DuckRequest,
    userId: string,
    signal: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<unknown> {
    const done = Promise.withResolvers<unknown>()
    if (this.#closed || signal.aborted) {
      done.reject(new DuckAborted('The query was stopped.'))
    } else {
      const job: Job = {
        request,
        userId,
        trace: currentTrace(),
        signal,
        onProgress,
        resolve: done.resolve,
        reject: done.reject,
      }
      this.#waiting.push(job)
      signal.addEventListener('abort', () => this.#abort(job), { once: true })
      this.#next()
    }
    return done.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const job of this.#waiting.splice(0)) job.reject(new DuckAborted('Netra is stopping.'))
    const ended = [...this.#children].map(
      (child) => new Promise<void>((resolve) => child.process.once('exit', () => resolve())),
    )
    for (const child of this.#children) {
      child.process.ref()
      child.process.kill('SIGKILL')
    }
    await Promise.all(ended)
  }

  #abort(job: Job): void {
    const place = this.#waiting.indexOf(job)
    if (place >= 0) this.#waiting.splice(place, 1)
    job.reject(new DuckAborted('The query was stopped.'))
    for (const child of this.#children) if (child.job === job) this.#kill(child)
  }

  #next(): void {
    while (this.#mayServe().length > 0) {
      const child = this.#childOrRefuse()
      if (!child) return
      const job = this.#takeFairly()
      if (job) this.#send(child, job)
    }
  }

  /** Reading a large file takes minutes: one child is always left for questions. */
  #mayServe(): Job[] {
    const long = [...this.#children].filter((child) => child.job && isLong(child.job)).length
    const isFree = long === 0 || long < this.#options.size - 1
    return isFree ? this.#waiting : this.#waiting.filter((job) => !isLong(job))
  }

  /** Whoever waits is told at once when no child can be started. */
  #childOrRefuse(): Child | undefined {
    try {
      return this.#idleChild()
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a data process cannot be started')
      if (this.#children.size > 0) return undefined
      for (const job of this.#waiting.splice(0)) job.reject(new ToolUnavailable(UNAVAILABLE))
      return undefined
    }
  }

  #idleChild(): Child | undefined {
    for (const child of this.#children) if (!child.job) return child
    return this.#children.size < this.#options.size ? this.#start() : undefined
  }

  /** The oldest request of a user who has none running and was not served last, or the oldest. */
  #takeFairly(): Job | undefined {
    const busy = new Set([...this.#children].map((child) => child.job?.userId))
    const servable = this.#mayServe()
    const job =
      servable.find(({ userId }) => !busy.has(userId) && userId !== this.#lastUserId) ?? servable[0]
    if (job) this.#waiting.splice(this.#waiting.indexOf(job), 1)
    this.#lastUserId = job?.userId
    return job
  }

  #start(): Child {
    // What a killed server's children left there is of no use to anyone.
    if (this.#started === 0) rmSync(this.#options.scratch, { recursive: true, force: true })
    this.#started += 1
    const scratch = join(this.#options.scratch, String(this.#started))
    mkdirSync(scratch, { recursive: true })
    const child: Child = {
      process: startChild(scratch),
      job: undefined,
      requests: 0,
      hasAnswered: false,
    }
    child.process.on('message', (message: AnswerMessage) => this.#settle(child, message))
    child.process.on('error', (error) => this.#lost(child, error.message, true))
    child.process.on('exit', (code, signal) => {
      rmSync(scratch, { recursive: true, force: true })
      // Ended by itself before it ever answered: it never came up. Lack of memory ends it by a signal.
      const neverCameUp = signal === null && code !== 0 && !child.hasAnswered
      this.#lost(child, signal ?? `exit code ${code}`, neverCameUp)
    })
    this.#children.add(child)
    return child
  }

  #send(child: Child, job: Job): void {
    const { clock } = this.#options
    const { loadLimitMs = LOAD_LIMIT_MS } = this.#options
    const limitMs = isLong(job) ? loadLimitMs : this.#options.limitMs
    child.job = job
    child.requests += 1
    child.process.ref()
    child.process.channel?.ref()
    const cancel = clock.after(limitMs, () => {
      if (child.job !== job) return
      job.reject(
        new ToolError(
          isLong(job)
            ? `Reading the file took longer than ${limitMs / 1_000} s and was stopped. Split it, leave out columns you do not need, or upload it as Parquet, which is read fastest.`
            : `The query took longer than ${limitMs / 1_000} s and was stopped. Filter or aggregate more, or query fewer rows.`,
        ),
      )
      this.#kill(child)
    })
    const { resolve, reject } = job
    job.resolve = (answer) => {
      cancel()
      resolve(answer)
    }
    job.reject = (error) => {
      cancel()
      reject(error)
    }
    const { request, trace } = job
    const traceparent = trace && traceparentOf(trace)
    child.process.send({ id: child.requests, request, traceparent }, (error) => {
      if (error) this.#lost(child, error.message)
    })
  }

  #settle(child: Child, message: AnswerMessage): void {
    const job = child.job
    if (!job || message.id !== child.requests) return
    if (message.status === 'under_way') {
      job.onProgress?.(message.done)
      return
    }
    child.hasAnswered = true
    child.job = undefined
    // An idle child must not keep a server alive that wants to end.
    child.process.unref()
    child.process.channel?.unref()
    if (message.status === 'ok') job.resolve(message.value)
    else if (message.status === 'failed') job.reject(new Error(message.message))
    else job.reject(new ToolError(message.message))
    if (message.status === 'ending') this.#kill(child)
    this.#next()
  }

  /** Its job was answered already; a later request gets another child. */
  #kill(child: Child): void {
    child.job = undefined
    child.process.kill('SIGKILL')
    this.#lost(child, 'killed')
  }

  #lost(child: Child, why: string, neverCameUp = false): void {
    if (!this.#children.delete(child)) return
    const job = child.job
    child.job = undefined
    if (job) {
      const { trace, request } = job
      const of = { trace_id: trace?.traceId, run_id: trace?.runId, user_id: trace?.userId }
      this.#options.logger.warn({ ...of, why, kind: request.kind }, 'a data process ended early')
      job.reject(neverCameUp ? new ToolUnavailable(UNAVAILABLE) : new ToolError(ENDED))
    }
    if (!this.#closed) this.#next()
  }
}
