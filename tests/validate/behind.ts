import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Check } from '../../packages/validator/src/validate/check.ts'
import type { Pace } from '../../packages/validator/src/validate/context.ts'
import { validate } from '../../packages/validator/src/validate/validate.ts'
import { freePort } from '../support/free-port.ts'
import { startNetra, type NetraProcess } from '../support/netra-process.ts'
import { openAuthority, type Certificate, type CertificateAuthority } from './certificate.ts'
import { missedAt, notPassed, SHORT_PACE } from './judge.ts'
import {
  isInstalled,
  startReverseProxy,
  type Edit,
  type ProxyKind,
  type ReverseProxy,
} from './reverse-proxy.ts'

/** What somebody got wrong in the configuration of a proxy, as an edit of the good one. */
export interface BrokenConfiguration {
  name: string
  breaks: Check['id']
  /** What else of its group the same mistake breaks. */
  also?: readonly Check['id'][]
  edits: readonly Edit[]
  pace?: Partial<Pace>
}

/** Netra in production behind a real proxy: with the example it is ready, with each edit it is not. */
export function proveBehind(kind: ProxyKind, broken: readonly BrokenConfiguration[]): void {
  const why = isInstalled(kind) ? '' : ` (skipped: ${kind} is not installed)`
  describe.skipIf(why !== '')(`behind ${kind}${why}`, () => {
    let authority: CertificateAuthority
    let certificate: Certificate
    let netra: NetraProcess
    const place = { netraPort: 0, port: 0 }

    beforeAll(async () => {
      authority = openAuthority()
      certificate = authority.issue()
      place.netraPort = await freePort()
      place.port = await freePort()
      netra = await startNetra({
        port: place.netraPort,
        env: {
          NETRA_ENV: 'production',
          NETRA_PUBLIC_URL: `https://localhost:${place.port}`,
          NETRA_TRUSTED_PROXIES: '127.0.0.1',
          NETRA_REGISTRATION: 'open',
        },
      })
    })
    afterAll(async () => {
      await netra[Symbol.asyncDispose]()
      authority[Symbol.dispose]()
    })
    const start = (edits: readonly Edit[] = []): Promise<ReverseProxy> =>
      startReverseProxy(kind, { ...place, certificate, edits })

    test('the example configuration is ready', { timeout: 120_000 }, async () => {
      await using proxy = await start()
      const report = await validate(proxy.url, {
        environment: 'production',
        pace: { ...SHORT_PACE, refreshGraceMs: 11_000, silentMs: 12_000 },
        ...(proxy.plainPort && { plainPort: proxy.plainPort }),
      })
      expect(notPassed(report.results)).toEqual([])
      expect(report.verdict).toBe('ready')
    })

    test.for(broken)(
      '$name is named by $breaks',
      { timeout: 120_000 },
      async ({ edits, ...row }) => {
        await using proxy = await start(edits)
        const { plainPort } = proxy
        const options = { environment: 'production', ...(plainPort && { plainPort }) } as const
        expect(await missedAt({ ...row, options }, proxy.url)).toEqual([])
      },
    )
  })
}
