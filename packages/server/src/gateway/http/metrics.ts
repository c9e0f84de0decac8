import { createHash, timingSafeEqual } from 'node:crypto'

import type { Metrics } from '../../platform/metrics.ts'
import type { Caller } from '../parts.ts'
import type { HttpBase } from './base.ts'
import { HttpError } from './http-error.ts'

interface MetricsParts {
  allMetrics: Metrics
  /** Whoever shows it as a bearer may read from elsewhere. */
  metricsToken: string | undefined
  isLocal: (caller: Caller) => boolean
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** All numbers of this process in Prometheus' text format: for this machine, or with the token. */
export function addMetricsRoute({ app }: Pick<HttpBase, 'app'>, parts: MetricsParts): void {
  const { metricsToken } = parts
  const wanted = metricsToken === undefined ? undefined : digest(`Bearer ${metricsToken}`)
  app.get('/metrics', async (request, reply) => {
    const given = digest(request.headers.authorization ?? '')
    const hasToken = wanted !== undefined && timingSafeEqual(given, wanted)
    if (!hasToken && !parts.isLocal(request)) {
      throw new HttpError(
        403,
        'AUTH_UNAUTHORIZED',
        'Metrics are told to this machine, or with NETRA_METRICS_TOKEN as a bearer token.',
      )
    }
    return reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .send(await parts.allMetrics.text())
  })
}
