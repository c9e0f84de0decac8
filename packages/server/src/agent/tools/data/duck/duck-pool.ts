import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Clock } from '../../../../platform/clock.ts'
import type { Logger } from '../../../../platform/logger.ts'
import { ToolError } from '../../tool.ts'
import type { AnswerMessage, DuckRequest } from './messages.ts'
import { startChild } from './start-child.ts'

export interface DuckPoolOptions {
  clock: Clock
  logger: Logger
  /** Folder for what DuckDB spills; nothing else lies in it. */
  scratch: string
  /** Child processes at most. */
  size: number
  /** A request that takes longer is killed with its child. */
  limitMs: number
}

interface Job {
  request: DuckRequest
  userId: string
  signal: AbortSignal
  resolve: (answer: unknown) => void
  reject: (error: Error) => void
}

interface Child {
  process: ChildProcess
  job: Job | undefined
  requests: number
}

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
   * @throws ToolError when the SQL or the data is at fault, DuckAborted when `signal` aborted it.
   */
  ask(request: DuckRequest, userId: string, signal: AbortSignal): Promise<unknown> {
    const done = Promise.withResolvers<unknown>()
    if (this.#closed || signal.aborted) {
      done.reject(new DuckAborted('The query was stopped.'))
    } else {
      const job: Job = { request, userId, signal, resolve: done.resolve, reject: done.reject }
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
    while (this.#waiting.length > 0) {
      const child = this.#idleChild()
      if (!child) return
      const job = this.#takeFairly()
      if (job) this.#send(child, job)
    }
  }

  #idleChild(): Child | undefined {
    for (const child of this.#children) if (!child.job) return child
    return this.#children.size < this.#options.size ? this.#start() : undefined
  }

  /** The oldest request of a user who has none running and was not served last, or the oldest. */
  #takeFairly(): Job | undefined {
    const busy = new Set([...this.#children].map((child) => child.job?.userId))
    const place = this.#waiting.findIndex(
      (job) => !busy.has(job.userId) && job.userId !== this.#lastUserId,
    )
    const job = this.#waiting.splice(Math.max(place, 0), 1)[0]
    this.#lastUserId = job?.userId
    return job
  }

  #start(): Child {
    // What a killed server's children left there is of no use to anyone.
    if (this.#started === 0) rmSync(this.#options.scratch, { recursive: true, force: true })
    this.#started += 1
    const scratch = join(this.#options.scratch, String(this.#started))
    mkdirSync(scratch, { recursive: true })
    const child: Child = { process: startChild(scratch), job: undefined, requests: 0 }
    child.process.on('message', (message: AnswerMessage) => this.#settle(child, message))
    child.process.on('error', (error) => this.#lost(child, error.message))
    child.process.on('exit', (code, signal) => {
      rmSync(scratch, { recursive: true, force: true })
      this.#lost(child, signal ?? `exit code ${code}`)
    })
    this.#children.add(child)
    return child
  }

  #send(child: Child, job: Job): void {
    const { clock, limitMs } = this.#options
    child.job = job
    child.requests += 1
    child.process.ref()
    child.process.channel?.ref()
    const cancel = clock.after(limitMs, () => {
      if (child.job !== job) return
      job.reject(
        new ToolError(
          `The query took longer than ${limitMs / 1_000} s and was stopped. Filter or aggregate more, or query fewer rows.`,
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
    child.process.send({ id: child.requests, request: job.request }, (error) => {
      if (error) this.#lost(child, error.message)
    })
  }

  #settle(child: Child, message: AnswerMessage): void {
    const job = child.job
    if (!job || message.id !== child.requests) return
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

  #lost(child: Child, why: string): void {
    if (!this.#children.delete(child)) return
    const job = child.job
    child.job = undefined
    if (job) {
      this.#options.logger.warn({ why, kind: job.request.kind }, 'a data process ended early')
      job.reject(
        new ToolError(
          'The process that ran this query ended before it answered, most likely for lack of memory. Filter or aggregate more, and try again.',
        ),
      )
    }
    if (!this.#closed) this.#next()
  }
}
