import { randomBytes } from 'node:crypto'

import type { Clock } from '../platform/clock.ts'
import type { ErrorGroup } from '../platform/error-group.ts'
import type { Sent } from './batch.ts'
import { sentBy, type HttpSender } from './http-sender.ts'

export interface SentryOptions {
  dsn: string
  sender: Pick<HttpSender, 'post'>
  clock: Pick<Clock, 'now'>
  release: string
  environment: string
}

/** One report of a group in so long; what came between is counted in the next. */
const SAME_EVERY_MS = 60_000
const MOST_A_MINUTE = 20
const MAX_REMEMBERED = 500

/** Where the envelopes of a DSN go. */
export function envelopeAddress(dsn: string): string {
  const url = new URL(dsn)
  const at = url.pathname.lastIndexOf('/')
  return `${url.protocol}//${url.host}${url.pathname.slice(0, at)}/api/${url.pathname.slice(at + 1)}/envelope/`
}

/**
 * Reports groups of errors by Sentry's envelopes (develop.sentry.dev/sdk/data-model/envelopes), few
 * of each, and none while the server asks for silence.
 */
export class Sentry {
  readonly #options: SentryOptions
  readonly #reported = new Map<string, { at: number; count: number }>()
  #minute = { from: 0, reports: 0 }
  #silentUntil = 0

  constructor(options: SentryOptions) {
    this.#options = options
  }

  /** Undefined when the group was told of a moment ago, or nothing may be told now. */
  async report(group: ErrorGroup): Promise<Sent | undefined> {
    const now = this.#options.clock.now()
    const before = this.#reported.get(group.fingerprint)
    if (now < this.#silentUntil || (before && now - before.at < SAME_EVERY_MS)) return undefined
    if (now - this.#minute.from >= 60_000) this.#minute = { from: now, reports: 0 }
    if (this.#minute.reports >= MOST_A_MINUTE) return undefined
    this.#minute.reports += 1
    this.#remember(group, now)
    const times = group.count - (before?.count ?? 0)
    const { body, headers } = envelopeOf(group, { ...this.#options, now, times })
    const answered = await this.#options.sender.post(body, headers)
    const waitSeconds = silenceOf(answered.headers)
    if (answered.status === 429 || waitSeconds > 0) {
      this.#silentUntil = now + Math.max(waitSeconds, 60) * 1000
    }
    return sentBy(answered)
  }

  #remember({ fingerprint, count }: ErrorGroup, now: number): void {
    this.#reported.delete(fingerprint)
    this.#reported.set(fingerprint, { at: now, count })
    const [oldest] = this.#reported.keys()
    if (this.#reported.size > MAX_REMEMBERED && oldest !== undefined) this.#reported.delete(oldest)
  }
}

/** `60:error;transaction:key, …` or Retry-After, in seconds. */
function silenceOf(headers: Record<string, string | string[] | undefined>): number {
  const limits = String(headers['x-sentry-rate-limits'] ?? '')
  const ofErrors = limits
    .split(',')
    .map((limit) => limit.trim().split(':'))
    .filter(([, kinds = '']) => kinds === '' || kinds.split(';').includes('error'))
    .map(([seconds]) => Number(seconds))
  return Math.max(0, ...ofErrors.filter(Number.isFinite), Number(headers['retry-after'] ?? 0) || 0)
}

function envelopeOf(
  group: ErrorGroup,
  at: Omit<SentryOptions, 'sender' | 'clock'> & { now: number; times: number },
): { body: string; headers: Record<string, string> } {
  const { username: key } = new URL(at.dsn)
  const event_id = randomBytes(16).toString('hex')
  const { fingerprint, message, type, code, level, frames } = group
  const event = {
    event_id,
    timestamp: at.now / 1000,
    platform: 'node',
    level,
    logger: 'netra',
    release: at.release,
    environment: at.environment,
    fingerprint: [fingerprint],
    message: { formatted: message },
    exception: {
      values: [
        {
          type: type ?? 'Error',
          value: message,
          // Outermost first, unlike a stack.
          stacktrace: { frames: frames.map(frameOf).toReversed() },
        },
      ],
    },
    tags: { ...(code !== null && { code }) },
    extra: { times: at.times, total: group.count, run_id: group.sample_run_id },
    ...(group.sample_trace_id !== null && {
      contexts: {
        trace: { trace_id: group.sample_trace_id, span_id: group.sample_trace_id.slice(0, 16) },
      },
    }),
  }
  const head = { event_id, sent_at: new Date(at.now).toISOString() }
  return {
    body: [head, { type: 'event' }, event].map((part) => `${JSON.stringify(part)}\n`).join(''),
    headers: {
      'content-type': 'application/x-sentry-envelope',
      'x-sentry-auth': `Sentry sentry_version=7, sentry_client=netra/1, sentry_key=${key}`,
    },
  }
}

function frameOf(frame: string): object {
  const [, name, path, line] = /^(?:(.+) \()?(.+?):(\d+)\)?$/.exec(frame) ?? []
  return {
    filename: path ?? frame,
    lineno: Number(line ?? 0),
    in_app: !frame.includes('node_modules/'),
    ...(name !== undefined && { function: name }),
  }
}
