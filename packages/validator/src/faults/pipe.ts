import type { Socket } from 'node:net'

import type { Random } from './random.ts'

/** What is done to the bytes of one direction; absent or zero means nothing. */
export interface Disturbance {
  latencyMs?: number
  /** Up to so much more, each time anew; bytes stay in order. */
  jitterMs?: number
  bytesPerSecond?: number
  /** Each write carries so few bytes. */
  sliceBytes?: number
  /** A black hole: nothing passes, and nobody is told. */
  blocked?: boolean
}

/** Where a direction ends by itself: after so many bytes, in the middle of whatever they are. */
export interface Ending {
  afterBytes: number
  how: 'cut' | 'reset'
}

const MAX_QUEUED_BYTES = 64 * 1024
/** A bandwidth is kept in portions of so much of a second. */
const PORTIONS_PER_SECOND = 50
/** Bytes that are written one by one before the loop has its turn. */
const SLICES_PER_TURN = 256

/** One direction of a connection. Bytes leave in the order in which they came, all or none. */
export class Pipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #random: Random
  readonly #disturbance: () => Disturbance
  readonly #ended: (how: Ending['how']) => void
  readonly #queue: { bytes: Buffer; dueAt: number }[] = []
  #queuedBytes = 0
  #lastDue = 0
  #running = false
  #isOver = false
  #closed = false
  #ending: Ending | undefined
  #wake: (() => void) | undefined
  /** Bytes handed on so far. */
  passed = 0

  constructor(options: {
    from: Socket
    to: Socket
    random: Random
    disturbance: () => Disturbance
    ended: (how: Ending['how']) => void
  }) {
    this.#from = options.from
    this.#to = options.to
    this.#random = options.random
    this.#disturbance = options.disturbance
    this.#ended = options.ended
    this.#from.on('data', (bytes: Buffer) => this.#take(bytes))
    this.#from.on('end', () => {
      this.#isOver = true
      this.#run()
    })
  }

  /** Ends the connection when so many more bytes have passed. */
  endAfter(ending: Ending): void {
    this.#ending = { how: ending.how, afterBytes: this.passed + ending.afterBytes }
    this.#run()
  }

  /** The disturbance may have changed. */
  look(): void {
    this.#wake?.()
    this.#run()
  }

  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#wake?.()
  }

  #take(bytes: Buffer): void {
    const { latencyMs = 0, jitterMs = 0 } = this.#disturbance()
    const delay = latencyMs + (jitterMs > 0 ? this.#random.between(0, jitterMs) : 0)
    this.#lastDue = Math.max(this.#lastDue, performance.now() + delay)
    this.#queue.push({ bytes, dueAt: this.#lastDue })
    this.#queuedBytes += bytes.length
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#from.pause()
    this.#run()
  }

  #run(): void {
    if (this.#running || this.#closed) return
    this.#running = true
    void this.#pass().finally(() => {
      this.#running = false
    })
  }

  async #pass(): Promise<void> {
    while (!this.#closed) {
      if (this.#disturbance().blocked) {
        await this.#sleep(undefined)
        continue
      }
      const [first] = this.#queue
      if (!first) break
      const wait = first.dueAt - performance.now()
      if (wait > 0) {
        await this.#sleep(wait)
        continue
      }
      this.#queue.shift()
      this.#queuedBytes -= first.bytes.length
      if (this.#queuedBytes <= MAX_QUEUED_BYTES) this.#from.resume()
      await this.#write(first.bytes)
    }
    if (this.#isOver && this.#queue.length === 0 && !this.#closed) this.#to.end()
  }

  async #write(bytes: Buffer): Promise<void> {
    let rest = bytes
    while (rest.length > 0 && !this.#closed) {
      const { sliceBytes = 0, bytesPerSecond = 0, blocked = false } = this.#disturbance()
      if (blocked) {
        await this.#sleep(undefined)
        continue
      }
      const left = this.#ending ? this.#ending.afterBytes - this.passed : Infinity
      if (left <= 0) return this.#end()
      const share = bytesPerSecond > 0 ? Math.ceil(bytesPerSecond / PORTIONS_PER_SECOND) : Infinity
      const size = Math.min(rest.length, sliceBytes || Infinity, left, share)
      const slice = rest.subarray(0, size)
      rest = rest.subarray(size)
      this.passed += slice.length
      if (!this.#to.write(slice)) await this.#drained()
      if (bytesPerSecond > 0) await this.#sleep((slice.length * 1000) / bytesPerSecond)
      else if (sliceBytes > 0 && this.passed % SLICES_PER_TURN === 0) await this.#sleep(0)
    }
    if (this.#ending && this.passed >= this.#ending.afterBytes) this.#end()
  }

  #end(): void {
    const ending = this.#ending
    this.#ending = undefined
    if (ending) this.#ended(ending.how)
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#to.off('drain', done)
        this.#to.off('close', done)
        resolve()
      }
      this.#to.on('drain', done)
      this.#to.on('close', done)
    })
  }

  /** Until the time has passed, or there is something to look at; undefined: only the latter. */
  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake?.(), ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}
