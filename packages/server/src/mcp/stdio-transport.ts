import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client'

import type { Clock } from '../platform/clock.ts'
import { cut, withoutInvisible } from './plain-text.ts'

/** A message that is longer ends the program. */
export const MAX_MESSAGE_BYTES = 12 * 1024 * 1024
const TERM_AFTER_MS = 500
const KILL_AFTER_MS = 2_000
const LAST_WORDS = 2_000
/** Lets the system end the program when this process dies, however it dies. */
const SETPRIV = '/usr/bin/setpriv'

/**
 * A program that speaks MCP on its standard input and output. It is started without a shell, in a
 * process group and a folder of its own, and knows of the environment nothing but what it is given.
 */
export class StdioTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #command: readonly string[]
  readonly #variables: Readonly<Record<string, string>>
  readonly #clock: Clock
  #child: ChildProcessWithoutNullStreams | undefined
  #ended: Promise<void> | undefined
  #folder: string | undefined
  #lastWords = ''

  constructor(options: {
    command: readonly string[]
    variables: Readonly<Record<string, string>>
    clock: Clock
  }) {
    this.#command = options.command
    this.#variables = options.variables
    this.#clock = options.clock
  }

  /** What tells the client's library that silence here means an older server. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  get stderr(): null {
    return null
  }

  /** What it last said beside the protocol. */
  get lastWords(): string {
    return cut(withoutInvisible(this.#lastWords).trim(), LAST_WORDS)
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error('the program was started already')
    this.#folder = await mkdtemp(join(tmpdir(), 'netra-mcp-'))
    const [program = '', ...rest] = tiedToThisProcess(this.#command)
    const child = spawn(program, rest, {
      cwd: this.#folder,
      env: {
        PATH: process.env['PATH'],
        LANG: process.env['LANG'] ?? 'C.UTF-8',
        HOME: this.#folder,
        TMPDIR: this.#folder,
        ...this.#variables,
      },
      stdio: 'pipe',
      shell: false,
      detached: true,
    })
    this.#child = child
    const spawned = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    this.#ended = ended.promise
    child.once('spawn', spawned.resolve)
    child.once('error', (error) => {
      spawned.reject(new Error(`${this.#command[0]} could not be started: ${error.message}`))
      this.onerror?.(error)
      ended.resolve()
    })
    child.once('exit', () => this.#killGroup('SIGKILL'))
    child.once('close', () => {
      ended.resolve()
      void this.#tidyUp()
      this.onclose?.()
    })
    child.stdin.on('error', (error) => this.onerror?.(error))
    child.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(-LAST_WORDS)
    })
    this.#read(child)
    await spawned.promise
  }

  #read(child: ChildProcessWithoutNullStreams): void {
    let parts: Buffer[] = []
    let bytes = 0
    const overflow = (): void => {
      this.onerror?.(new Error('it sent a message that is too long'))
      child.stdout.destroy()
      this.#killGroup('SIGKILL')
    }
    child.stdout.on('data', (chunk: Buffer) => {
      let from = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        parts.push(chunk.subarray(from, end))
        from = end + 1
        if (bytes + end > MAX_MESSAGE_BYTES) return overflow()
        this.#take(Buffer.concat(parts).toString('utf8'))
        parts = []
        bytes = 0
      }
      parts.push(chunk.subarray(from))
      bytes += chunk.length - from
      if (bytes > MAX_MESSAGE_BYTES) overflow()
    })
    child.stdout.on('error', (error) => this.onerror?.(error))
  }

  #take(line: string): void {
    if (line.trim() === '') return
    try {
      this.onmessage?.(deserializeMessage(line))
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { stdin } = this.#child ?? {}
    if (!stdin?.writable) return Promise.reject(new Error('the program has ended'))
    stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()))
    return promise
  }

  /** Asked by the end of its input first, then told, then made to. */
  async close(): Promise<void> {
    const child = this.#child
    if (!child || !this.#ended) return
    child.stdin.end()
    const stopTerm = this.#clock.after(TERM_AFTER_MS, () => this.#killGroup('SIGTERM'))
    const stopKill = this.#clock.after(KILL_AFTER_MS, () => {
      this.#killGroup('SIGKILL')
      // A grandchild that left the group may hold the pipes for ever.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    })
    await this.#ended
    stopTerm()
    stopKill()
  }

  /** At once, without asking. */
  kill(): void {
    this.#killGroup('SIGKILL')
  }

  #killGroup(signal: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
      if (!isGone) this.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async #tidyUp(): Promise<void> {
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true })
  }
}

const tiedToThisProcess = (command: readonly string[]): readonly string[] =>
  process.platform === 'linux' && existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...command]
    : command
