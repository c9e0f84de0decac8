import { APICallError } from '@ai-sdk/provider'

import { unreachable } from '../../../platform/unreachable.ts'
import { NoAnswer } from '../failures.ts'
import { ModelStalled } from '../watched-fetch.ts'
import type { FailureName } from './plan.ts'

/** What a provider's client throws when a call goes wrong in that way; undefined: not in the call. */
export function askedFailure(name: FailureName): Error | undefined {
  switch (name) {
    case 'auth':
      return refused(401, 'asked to fail: this key is not known')
    case 'rate_limited':
      return refused(429, 'asked to fail: too many requests', { 'retry-after-ms': '50' })
    case 'unavailable':
      return refused(503, 'asked to fail')
    case 'refused':
      return refused(400, 'asked to fail: this request is not taken')
    case 'filtered':
      return new NoAnswer('content-filter')
    case 'stalled':
      return new ModelStalled('first_byte', 1_000)
    case 'internal':
      return new Error('asked to fail in a way that nobody foresees')
    case 'tool':
    case 'budget':
      return undefined
    default:
      return unreachable(name)
  }
}

/** As an HTTP service says no. */
export const refused = (
  statusCode: number,
  message: string,
  responseHeaders: Record<string, string> = {},
): APICallError =>
  new APICallError({
    message,
    url: 'netra:selftest',
    requestBodyValues: {},
    statusCode,
    responseHeaders,
    isRetryable: false,
  })
