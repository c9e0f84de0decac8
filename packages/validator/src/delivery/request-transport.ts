import type { IncomingMessage } from 'node:http'
import { setTimeout as after } from 'node:timers/promises'

import { parseServerFrame, type ServerMessage } from '@netra/protocol'

import type { Random } from '../faults/random.ts'
import type { Copy } from './copy.ts'
import type { Command, Memory } from './memory.ts'
import type { LoginSession } from './people.ts'
import { open, type Route } from './route.ts'
import { dataOf } from './server-sent.ts'
import { waitOf, type Notes, type Transport } from './transport.ts'

/** A stream says something every 10 s, a long poll after 25 s at the latest. */
const SILENT_MS = { events: 13_000, poll: 30_000 }
const COMMAND_MS = 6_000

/** Where the fallback is, as `/api/config` names it. */
export interface FallbackPaths {
  events: string
  commands: string
}

interface Options {
  kind: 'events' | 'poll'
  memory: Memory
  session: LoginSession
  route: Route
  paths: FallbackPaths
  random: Random
  notes: Notes
}

/** One device behind a proxy that lets no socket through: a request per stream, and one per command. */
export class RequestTransport implements Transport {
  readonly kind: 'events' | 'poll'
  readonly #options: Options
  readonly #stopped = new AbortController()
  /** The requests under way; each ends by itself when it is aborted. */
  readonly #requests = new Set<AbortController>()
  readonly #tasks = new Set<Promise<void>>()
  #count = 0
  #isSlow = false

  constructor(options: Options) {
    this.kind = options.kind
    this.#options = options
    options.memory.onFollow = (copy) => this.#run(this.#follow(copy))
    options.memory.onCommand = (command) => this.#run(this.#send(command))
  }

  start(): void {
    const { copies, commands } = this.#options.memory
    for (const copy of copies.values()) this.#run(this.#follow(copy))
    for (const command of commands) this.#run(this.#send(command))
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.drop()
    await Promise.all(this.#tasks)
  }

  /** Without a subscription to leave, each stream is asked for anew. */
  storm(_copy: Copy, _times: number): void {
    this.drop()
  }

  drop(): void {
    for (const request of this.#requests) request.abort()
  }

  async renew(): Promise<void> {
    await this.#options.session.renew()
  }

  slow(isSlow: boolean): void {
    this.#isSlow = isSlow
  }

  calm(): void {
    // A lost event is seen by the next one, by `live` of the next request, or at the end.
  }

  #run(task: Promise<void>): void {
    this.#tasks.add(task)
    void task.finally(() => this.#tasks.delete(task))
  }

  async #follow(copy: Copy): Promise<void> {
    const { memory } = this.#options
    while (!this.#stopped.signal.aborted && memory.copies.has(copy.stream)) {
      const socket = this.#opened(`${this.kind}-of-${copy.stream}`)
      try {
        const position = copy.resume()
        memory.observe({ ...this.#at(socket), kind: 'reads', stream: copy.stream, position })
        await (this.kind === 'events' ? this.#stream(copy, socket) : this.#poll(copy, socket))
      } catch {
        // Whatever ended it, it is asked for again from where the copy is.
      }
      memory.observe({ ...this.#at(socket), kind: 'closed' })
      await this.#pause()
    }
  }

  /** One answer after the other, each asked for from where the one before ended. */
  async #poll(copy: Copy, socket: string): Promise<void> {
    for (;;) {
      const chunks: Buffer[] = []
      await this.#read(copy, 'application/json', async (response) => {
        for await (const chunk of response) chunks.push(chunk as Buffer)
      })
      const answer = JSON.parse(Buffer.concat(chunks).toString()) as { messages: unknown[] }
      if (!this.#hear(socket, JSON.stringify(answer.messages))) return
      while (this.#isSlow) await after(100, undefined, { signal: this.#stopped.signal })
    }
  }

  async #stream(copy: Copy, socket: string): Promise<void> {
    await this.#read(copy, 'text/event-stream', async (response) => {
      for await (const data of dataOf(response)) {
        if (!this.#hear(socket, data)) return
        while (this.#isSlow) await after(100, undefined, { signal: this.#stopped.signal })
      }
    })
  }

  /** @throws when it cannot be read, or says nothing for too long. */
  async #read(
    copy: Copy,
    accept: string,
    take: (response: IncomingMessage) => Promise<void>,
  ): Promise<void> {
    const { memory, paths, route, session } = this.#options
    const query = new URLSearchParams({
      stream: copy.stream,
      device: memory.name,
      instance: `${memory.name}-page`,
      ...(copy.position !== null && { position: copy.position }),
    })
    const request = new AbortController()
    this.#requests.add(request)
    const timer = setTimeout(() => !this.#isSlow && request.abort(), SILENT_MS[this.kind])
    try {
      const { signal } = request
      const call = { token: session.token, headers: { accept }, signal }
      const response = await open(route, `${paths.events}?${query.toString()}`, call)
      response.on('data', () => timer.refresh())
      response.pause()
      if (response.statusCode === 404) memory.copies.delete(copy.stream)
      if (response.statusCode === 401) await session.renew()
      if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`)
      await take(response)
    } finally {
      clearTimeout(timer)
      this.#requests.delete(request)
      request.abort()
    }
  }

  async #send(command: Command): Promise<void> {
    const { memory, session } = this.#options
    while (!command.answer && !this.#stopped.signal.aborted) {
      const socket = this.#opened('command')
      try {
        const answer = await this.#post(socket, command)
        const waitMs = answer.type === 'error' ? waitOf(answer) : undefined
        if (waitMs === undefined) command.answered(answer)
        else await after(waitMs, undefined, { signal: this.#stopped.signal })
      } catch {
        // The outcome is not known: the same again, with the same ids.
        await session.renew().catch(() => undefined)
      }
      memory.observe({ ...this.#at(socket), kind: 'closed' })
      if (!command.answer) await this.#pause()
    }
  }

  async #post(
    socket: string,
    { message }: Command,
  ): Promise<Extract<ServerMessage, { type: 'ok' | 'error' }>> {
    const { memory, paths, route, session } = this.#options
    const body = { ...message, id: socket.slice(-100) }
    memory.observe({ ...this.#at(socket), kind: 'said', message: body })
    const signal = AbortSignal.any([AbortSignal.timeout(COMMAND_MS), this.#stopped.signal])
    const response = await open(route, paths.commands, { body, token: session.token, signal })
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const frame = parseServerFrame(Buffer.concat(chunks).toString())
    const [answer] = frame.ok ? frame.messages : []
    if (answer?.type !== 'ok' && answer?.type !== 'error') {
      throw new Error(`answered ${response.statusCode}`)
    }
    memory.observe({ ...this.#at(socket), kind: 'heard', messages: [answer], bytes: 0 })
    return answer
  }

  /** False when the stream must be asked for again. */
  #hear(socket: string, text: string): boolean {
    const { memory, notes } = this.#options
    const frame = parseServerFrame(text)
    if (!frame.ok) {
      const detail = `what cannot be read: ${frame.message}`
      notes.problems.push({ device: memory.name, detail })
      return false
    }
    const { messages } = frame
    memory.observe({ ...this.#at(socket), kind: 'heard', messages, bytes: text.length })
    return messages.every((message) => memory.take(message) && !this.#isBehind(message))
  }

  #isBehind(message: ServerMessage): boolean {
    if (message.type !== 'ping' || !('heads' in message)) return false
    const { copies } = this.#options.memory
    return Object.entries(message.heads).some(
      ([stream, head]) => head !== undefined && (copies.get(stream)?.isBehind(head) ?? false),
    )
  }

  #opened(what: string): string {
    const { memory } = this.#options
    this.#count += 1
    const socket = `${memory.name}/${what}/${this.#count}`
    memory.observe({ ...this.#at(socket), kind: 'opened', user: memory.user })
    return socket
  }

  #at(socket: string): { device: string; socket: string } {
    return { device: this.#options.memory.name, socket }
  }

  async #pause(): Promise<void> {
    const { random } = this.#options
    await after(random.between(20, 400), undefined, { signal: this.#stopped.signal }).catch(
      () => undefined,
    )
  }
}
