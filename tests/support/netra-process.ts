import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../packages/server/bin/netra.mjs', import.meta.url))

/** A real Netra in a process of its own, on a free port, in a data folder of its own. */
export interface NetraProcess extends AsyncDisposable {
  url: string
  setupToken: string | undefined
  /** The line that says it is ready. */
  ready: string
  folder: string
  pid: number
  /** From spawn to the line that says it is ready. */
  readyMs: number
  /** Everything it wrote to standard error. */
  log(): string
  /** Resolves with the exit code once the process is gone; null after a signal that only pauses it. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<number | null>
}

export interface NetraOptions {
  env?: Record<string, string>
  /** Serve this folder; it is kept afterwards. Without it a temporary one is made and removed. */
  folder?: string
  /** Take this port again, as after a crash. */
  port?: number
  /** What the process is: a node unless said otherwise. */
  command?: 'start' | 'auth' | 'web'
  /** Where it is started; the tree itself unless given. */
  cwd?: string
  /** The bin of another Netra than this tree's: an installed one, or an older version. */
  bin?: string
}

/** Without what the machine has configured: only what the test sets. */
const BASE_ENV = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(NETRA_|OPENAI_|ANTHROPIC_|GOOGLE_|DATABASE_URL|NATS_URL|AUTH_SERVICE_URL|SMTP_URL|E2E_|JWT_SECRET_|PORT$|HOST$)/.test(
        name,
      ),
  ),
)

/** @throws with its output when it does not get ready within a minute. */
export async function startNetra(options: NetraOptions = {}): Promise<NetraProcess> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'netra-')))
  const begun = performance.now()
  const child = spawn(process.execPath, [options.bin ?? BIN, options.command ?? 'start'], {
    env: { ...BASE_ENV, PORT: String(options.port ?? 0), NETRA_DATA_DIR: folder, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  let log = ''
  child.stderr.on('data', (data: Buffer) => {
    log += data.toString()
  })
  const ready = await readyLine(child, () => log)
  const readyMs = performance.now() - begun
  const url = /ready at (\S+)/.exec(ready)?.[1] ?? ''
  const exited = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => resolve(code)),
  )
  return {
    url,
    ready,
    setupToken: /#token=(\S+)/.exec(ready)?.[1],
    folder,
    pid: child.pid ?? 0,
    readyMs,
    log: () => log,
    async kill(signal) {
      child.kill(signal)
      return signal === 'SIGKILL' || signal === 'SIGTERM' ? exited : null
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await exited
      }
      if (!options.folder) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function readyLine(child: ChildProcess, log: () => string): Promise<string> {
  const { stdout } = child
  if (!stdout) throw new Error('no standard output')
  const lines = createInterface({ input: stdout })
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  try {
    for await (const line of lines) if (line.includes('ready at')) return line
    await new Promise((resolve) => setTimeout(resolve, 100))
    throw new Error(`Netra did not get ready:\n${log()}`)
  } finally {
    clearTimeout(timer)
    // Its later lines must not fill the pipe.
    stdout.resume()
  }
}
