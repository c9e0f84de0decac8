import { afterClose, describeCloseCode } from '@netra/protocol'

import type { Random } from '../faults/random.ts'
import type { Copy } from './copy.ts'
import type { Memory } from './memory.ts'
import type { LoginSession } from './people.ts'
import type { Route } from './route.ts'
import { SocketLink } from './socket-link.ts'
import type { Notes, Transport } from './transport.ts'

/** What a server says to a client that breaks the protocol, which these devices do not. */
const CLOSED_FOR_NO_FAULT = new Set([4502, 4505, 4507, 4508, 4500, 4008, 1002, 1007, 1009])

interface Options {
  memory: Memory
  session: LoginSession
  route: Route
  socketUrl: string
  random: Random
  notes: Notes
}

/** One device on sockets, one after the other, by the letter of PROTOCOL.md. */
export class SocketTransport implements Transport {
  readonly kind = 'socket'
  readonly #options: Options
  readonly #instance: string
  #link: SocketLink | undefined
  #opened = 0
  #stopped = false
  #isSlow = false
  #isCalm = false
  #done: Promise<void> | undefined
  #wake: () => void = () => undefined

  constructor(options: Options) {
    this.#options = options
    this.#instance = `${options.memory.name}-page`
    options.memory.onFollow = (copy) => this.#link?.subscribe(copy)
    options.memory.onCommand = (command) => this.#link?.send(command)
  }

  start(): void {
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#link?.close()
    this.#wake()
    await this.#done
  }

  storm(copy: Copy, times: number): void {
    for (let index = 0; index < times; index += 1) {
      this.#link?.unsubscribe(copy)
      this.#link?.subscribe(copy)
    }
  }

  drop(): void {
    this.#link?.close()
  }

  async renew(): Promise<void> {
    const token = await this.#options.session.renew()
    this.#link?.authenticate(token)
  }

  slow(isSlow: boolean): void {
    this.#isSlow = isSlow
    this.#link?.acknowledge()
  }

  calm(): void {
    this.#isCalm = true
  }

  async #run(): Promise<void> {
    const { memory, notes, random, session } = this.#options
    while (!this.#stopped) {
      this.#opened += 1
      const link = new SocketLink({
        ...this.#options,
        socket: `${memory.name}/${this.#opened}`,
        instance: this.#instance,
        isSlow: () => this.#isSlow,
        isCalm: () => this.#isCalm,
      })
      this.#link = link
      const code = await link.ended
      notes.closes.set(code, (notes.closes.get(code) ?? 0) + 1)
      if (this.#stopped) break
      if (CLOSED_FOR_NO_FAULT.has(code)) {
        const { name } = describeCloseCode(code) ?? { name: 'protocol error' }
        notes.problems.push({ device: memory.name, detail: `closed with ${code} (${name})` })
      }
      if (afterClose(code) !== 'resume') await session.renew().catch(() => undefined)
      await this.#pause(random.between(20, 400))
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
