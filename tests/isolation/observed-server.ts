import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startNetra, type NetraOptions, type NetraProcess } from '../support/netra-process.ts'

const TELLER = fileURLToPath(new URL('./tell-routes.mjs', import.meta.url))

export interface ObservedServer extends NetraProcess {
  /** Every route that it serves, as `GET /api/threads/:id`, from its own router. */
  routes: readonly string[]
}

export const E2E_KEY = 'e2e key of the tests'
export const STAGING_SECRET = 'a secret with which test suites sign their tokens'

/** All that makes a server offer more, so that no route is hidden from whoever lists them. */
export const EVERYTHING: Record<string, string> = {
  NETRA_REGISTRATION: 'open',
  NETRA_DEMO: '1',
  E2E_OAUTH_SIMULATION_KEY: E2E_KEY,
  JWT_SECRET_STAGING: STAGING_SECRET,
  NETRA_METRICS_TOKEN: 'the token of the metrics',
  NETRA_LOG_LEVEL: 'warn',
}

/** A real Netra that also says which routes it has. */
export async function startObserved(
  options: NetraOptions & { imports?: readonly string[] } = {},
): Promise<ObservedServer> {
  const file = join(tmpdir(), `netra-routes-${process.pid}-${crypto.randomUUID()}`)
  const netra = await startNetra({
    ...options,
    env: {
      ...options.env,
      ROUTES_FILE: file,
      NODE_OPTIONS: [TELLER, ...(options.imports ?? [])]
        .map((path) => `--import=${path}`)
        .join(' '),
    },
  })
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  await rm(file)
  return { ...netra, routes: [...new Set(lines)].toSorted() }
}
