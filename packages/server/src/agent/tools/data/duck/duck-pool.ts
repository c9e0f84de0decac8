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
  /** The same for what is done once a file, while nobody else waits: reading it and its profile; ten minutes unless given. */
  loadLimitMs?: number
}

/** How far a request is, from 0 to 1. */
type OnProgress = (done: number) => void

const LOAD_LIMIT_MS = 600_000

/** A file of so many bytes, as it was uploaded, is read beside the long jobs, not after them. */
const SMALL_BYTES = 2_000_000
/** What takes longer to read was no small file, whatever its bytes said: a few can be made to stand for any number. */
const SMALL_READ_MS = 5_000
/** A long job goes on for so long while somebody else waits for its place. */
const GIVE_WAY_MS = 60_000

interface Job {
  request: DuckRequest
  userId: string
  /** It has one of the places for long jobs, or waits for one. */
  isLong: boolean
  /** Ends its waits; there are some only while it runs. */
  stopTimers: () => void
  /** Ends the wait after which it gives its place away; undefined while nobody waits for that. */
  keepPlace: (() => void) | undefined
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

type Reading = Extract<DuckRequest, { kind: 'load' | 'profile' }>

const isReading = (request: DuckRequest): request is Reading =>
  request.kind === 'load' || request.kind === 'profile'

const isLarge = (request: DuckRequest): boolean => isReading(request) && request.bytes > SMALL_BYTES

const SHORTEN =
  'Split it, leave out columns you do not need, or upload it as Parquet, which is read fastest.'

const overTime = (request: DuckRequest, limitMs: number): ToolError =>
  new ToolError(
    isReading(request)
      ? `Reading the file took longer than ${limitMs / 1_000} s and was stopped. ${SHORTEN}`
      : `The query took longer than ${limitMs / 1_000} s and was stopped. Filter or aggregate more, or query fewer rows.`,
  )

const gaveWay = (): ToolError =>
  new ToolError(
    `Reading the file was stopped: it took long, and another person's file had waited ${GIVE_WAY_MS / 1_000} s for it. Ask again when less is being read. ${SHORTEN}`,
  )

/** The file itself is at fault: reading it again would say the same. */
export class UnreadableFile extends ToolError {}

class DuckAborted extends Error {
  override readonly name = 'AbortError'
}

/**
 * Runs DuckDB requests in child processes, so that no query holds the server's threads or memory.
 * Children start at the first request, serve one request at a time, and die by SIGKILL when their
 * request is aborted or over time; the next request then starts another.
 *
 * Reading a large file may hold its place for minutes. So each person has one long job at most, one
 * child is left for questions and small files, and a long job that somebody else waits for is ended.
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
   * @throws ToolError when the SQL or the data is at fault (UnreadableFile when it is a file that
   * cannot be loaded) or time is over, ToolUnavailable when no child can be started, DuckAborted
   * when `signal` aborted it.
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
      const abort = (): void => this.#abort(job)
      const over = (): void => {
        job.stopTimers()
        // It outlives the request: of a person who looks at files, as long as the server.
        signal.removeEventListener('abort', abort)
      }
      const job: Job = {
        request,
        userId,
        isLong: isLarge(request),
        stopTimers: () => undefined,
        keepPlace: undefined,
        trace: currentTrace(),
        signal,
        onProgress,
        resolve: (answer) => {
          over()
          done.resolve(answer)
        },
        reject: (error) => {
          over()
          done.reject(error)
        },
      }
      this.#waiting.push(job)
      signal.addEventListener('abort', abort, { once: true })
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
    this.#watchPlaces()
  }

  #next(): void {
    this.#serve()
    this.#watchPlaces()
  }

  #serve(): void {
    while (this.#mayServe().length > 0) {
      const child = this.#childOrRefuse()
      if (!child) return
      const job = this.#takeFairly()
      if (job) this.#send(child, job)
    }
  }

  #mayServe(): Job[] {
    return this.#waiting.filter((job) => !job.isLong || this.#hasPlaceFor(job))
  }

  #longJobs(): Job[] {
    return [...this.#children].flatMap(({ job }) => (job?.isLong ? [job] : []))
  }

  #hasPlaceFor(job: Job): boolean {
    const others = this.#longJobs().filter((other) => other !== job)
    const isFree = others.length === 0 || others.length < this.#options.size - 1
    return isFree && others.every(({ userId }) => userId !== job.userId)
  }

  /** Long jobs that somebody else waits for give way after a while; those nobody waits for do not. */
  #watchPlaces(): void {
    for (const child of this.#children) {
      const { job } = child
      if (!job?.isLong) continue
      if (!this.#waiting.some((waiting) => this.#isHeldUp(waiting, job))) {
        job.keepPlace?.()
        job.keepPlace = undefined
      } else {
        job.keepPlace ??= this.#options.clock.after(GIVE_WAY_MS, () => {
          if (child.job !== job) return
          job.reject(gaveWay())
          this.#kill(child)
        })
      }
    }
  }

  #isHeldUp(waiting: Job, by: Job): boolean {
    if (waiting.userId === by.userId) return false
    if (!waiting.isLong) return this.#options.size === 1
    return this.#longJobs().every(({ userId }) => userId !== waiting.userId)
  }

  /** It goes on where a place for long jobs is free, and else begins again when one is. */
  #provedLong(child: Child, job: Job): void {
    if (this.#closed || child.job !== job) return
    job.isLong = true
    if (this.#hasPlaceFor(job)) {
      this.#watchPlaces()
      return
    }
    job.stopTimers()
    this.#waiting.push(job)
    this.#kill(child)
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

  /** The oldest request of a user who has none running, best of one who was not served last; or the oldest. */
  #takeFairly(): Job | undefined {
    const busy = new Set([...this.#children].map((child) => child.job?.userId))
    const servable = this.#mayServe()
    const idle = servable.filter(({ userId }) => !busy.has(userId))
    const job = idle.find(({ userId }) => userId !== this.#lastUserId) ?? idle[0] ?? servable[0]
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
    const { clock, loadLimitMs = LOAD_LIMIT_MS } = this.#options
    const limitMs = isReading(job.request) ? loadLimitMs : this.#options.limitMs
    child.job = job
    child.requests += 1
    child.process.ref()
    child.process.channel?.ref()
    const timers = [
      clock.after(limitMs, () => {
        if (child.job !== job) return
        job.reject(overTime(job.request, limitMs))
        this.#kill(child)
      }),
    ]
    if (isReading(job.request) && !job.isLong)
      timers.push(clock.after(SMALL_READ_MS, () => this.#provedLong(child, job)))
    job.stopTimers = () => {
      for (const stop of timers) stop()
      job.keepPlace?.()
      job.keepPlace = undefined
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
    else if (message.status === 'refused' && job.request.kind === 'load')
      job.reject(new UnreadableFile(message.message))
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
