import { afterAll, beforeAll, expect, test } from 'vitest'

import type { Group } from '../../packages/validator/src/validate/check.ts'
import { freePort } from '../support/free-port.ts'
import { startNetra, type NetraOptions } from '../support/netra-process.ts'
import { openAuthority } from './certificate.ts'
import { alarmsOf, missedIn, openProxy, type BrokenServer, type Healthy } from './judge.ts'

/** Where people would reach a Netra that is only reached through the proxies of a test. */
const TLS_HOST = 'localhost:8443'

export interface ProveOptions extends NetraOptions {
  /** The proxies speak https, with certificates that this process trusts. */
  tls?: boolean
}

/** One healthy Netra, and in front of it, side by side, each broken server. */
export function proveAgainst(
  group: Group,
  broken: readonly BrokenServer[],
  { tls = false, ...options }: ProveOptions = {},
): void {
  const opened = new AsyncDisposableStack()
  let healthy: Healthy
  beforeAll(async () => {
    const env = { ...(tls && { NETRA_PUBLIC_URL: `https://${TLS_HOST}`, ...OPEN }), ...options.env }
    const port = await freePort()
    opened.use(await startNetra({ ...options, port, env }))
    const url = `http://127.0.0.1:${port}`
    healthy = tls
      ? { url, publicHost: TLS_HOST, authority: opened.use(openAuthority()) }
      : { url, publicHost: new URL(url).host }
  })
  afterAll(() => opened.disposeAsync())

  test.concurrent(
    `every check of ${group} passes through a proxy that changes nothing`,
    { timeout: ROW_MS },
    async () => {
      await using place = await openProxy(healthy, { socket: () => ({}) })
      expect(await alarmsOf(group, place.url)).toEqual([])
    },
  )

  test.concurrent.for(broken)(
    'a server that $name fails $breaks and nothing else',
    { timeout: ROW_MS },
    async (row) => {
      expect(await missedIn(row, healthy)).toEqual([])
    },
  )
}

/** Of one row; most of it is waiting for a machine that has much to do. */
const ROW_MS = 120_000

/** With a public address nobody sits at this machine, and registering is by invitation. */
const OPEN = { NETRA_REGISTRATION: 'open' }
