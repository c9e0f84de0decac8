import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startNetra, type NetraOptions, type NetraProcess } from './netra-process.ts'

const BIN = fileURLToPath(new URL('../../packages/server/bin/netra.mjs', import.meta.url))

export const SERVICE_SECRET = 'the-secret-of-the-backend-service-in-tests'

/** A real `netra auth` in a process of its own; as a node in all else. */
export const startAuthProcess = (options: NetraOptions = {}): Promise<NetraProcess> =>
  startNetra({
    ...options,
    command: 'auth',
    env: { NETRA_SERVICE_SECRET: SERVICE_SECRET, NETRA_LOG_LEVEL: 'info', ...options.env },
  })

/** A node that asks the auth service at that address. */
export const startNode = (authUrl: string, options: NetraOptions = {}): Promise<NetraProcess> =>
  startNetra({
    ...options,
    env: {
      AUTH_SERVICE_URL: authUrl,
      NETRA_SERVICE_SECRET: SERVICE_SECRET,
      NETRA_LOG_LEVEL: 'info',
      ...options.env,
    },
  })

/** Resolves once the node says that it and its auth service are well. */
export async function healthy(url: string, timeoutMs = 30_000): Promise<void> {
  await until(async () => (await fetch(`${url}/health`)).status === 200, timeoutMs)
}

/** @throws when it does not hold in time. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`it does not hold after ${timeoutMs} ms: ${String(holds)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What a `netra` command prints to standard output. @throws when it fails. */
export function runNetra(args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString()
    })
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${code}: ${err}`))))
  })
}

/** A folder of its own, removed at the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'netra-auth-service-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
