import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../../server/bin/netra.mjs', import.meta.url))
const READY_MS = 60_000

/** Only what is said here configures it: nothing of the machine's own Netra. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(NETRA_|OPENAI_|ANTHROPIC_|GOOGLE_|DATABASE_URL|NATS_URL|AUTH_SERVICE_URL|SMTP_URL|E2E_|JWT_SECRET_|PORT$|HOST$)/.test(
        name,
      ),
  ),
)

/** A Netra in a process of its own, on a data folder of its own, that may be killed at any time. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string
  /** Of the one-time link that makes the first account. */
  readonly setupToken: string
  readonly folder: string
  /** Of the process that serves now. */
  readonly pid: number | undefined
  readonly kills: number
  /** What it wrote to standard error, the newest last. */
  log(): string
  /** SIGKILL; the port and the folder are kept. */
  kill(): Promise<void>
  /** Starts again after `kill`. */
  restart(): Promise<void>
  /** SIGSTOP and SIGCONT. */
  pause(): void
  proceed(): void
}

export interface OwnServerOptions {
  env: Record<string, string>
  /** The folder stays when it is done. */
  keep: boolean
}

/** @throws with what it wrote when it does not get ready. */
export async function startOwnServer({ env, keep }: OwnServerOptions): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-verify-'))
  let log = ''
  let kills = 0
  const note = (text: string): void => {
    log = (log + text).slice(-100_000)
  }
  const start = (port: string): Promise<Started> =>
    startChild({ ...ENVIRONMENT, ...env, NETRA_DATA_DIR: folder, PORT: port }, note)
  let current: Started
  try {
    current = await start('0')
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`the server did not start:\n${log}`, { cause: error })
  }
  const { url } = current
  const setupToken = /#token=(\S+)/.exec(current.line)?.[1] ?? ''
  return {
    url,
    setupToken,
    folder,
    get pid() {
      return current.child.pid
    },
    get kills() {
      return kills
    },
    log: () => log,
    async kill() {
      kills += 1
      current.child.kill('SIGKILL')
      await current.exited
    },
    async restart() {
      current = await start(new URL(url).port)
    },
    pause: () => void current.child.kill('SIGSTOP'),
    proceed: () => void current.child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      current.child.kill('SIGKILL')
      await current.exited
      if (!keep) await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Started {
  child: ChildProcess
  url: string
  line: string
  exited: Promise<void>
}

async function startChild(
  env: Record<string, string | undefined>,
  note: (text: string) => void,
): Promise<Started> {
  const child = spawn(process.execPath, [BIN, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stderr.on('data', (data: Buffer) => note(data.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  const end = (): boolean => child.kill('SIGKILL')
  // Whatever ends this process ends the one that it started.
  process.once('exit', end)
  void exited.then(() => process.off('exit', end))
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /ready at (\S+)/.exec(line)?.[1]
      if (url === undefined) continue
      child.stdout.resume()
      return { child, url, line, exited }
    }
    await exited
    throw new Error('it ended before it was ready')
  } finally {
    clearTimeout(timer)
  }
}
