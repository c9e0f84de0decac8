import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { UserId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { callOf, type Call } from './call-of-span.ts'
import { readJson } from './otlp-json.ts'
import { readProtobuf } from './otlp-protobuf.ts'
import { TooMuch } from './read-bounds.ts'
import { NotOtlp, type ReadRequest } from './read-span.ts'
import { SpanStore, type ServiceKept, type SpansKept, type Which } from './span-store.ts'

export { partialSuccess, statusMessage } from './otlp-protobuf.ts'
export type { ServiceKept, SpansKept, Which } from './span-store.ts'

/** One request may hold so much, unpacked. */
export const MAX_SPAN_BYTES = 8_000_000
/** Packed bytes of one person: about two million calls. */
const MAX_KEPT_BYTES = 100_000_000

/** Whose calls one request may hold: each service of it is a row. */
const MAX_SERVICES = 200

const unpack = promisify(gunzip)

/** A request that cannot be taken at all. */
export class SpansRefused extends Error {
  override readonly name = 'SpansRefused'
  readonly code: 'malformed' | 'too_large'
  constructor(code: SpansRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** What became of a request's spans. */
export interface Received {
  accepted: number
  rejected: number
  /** Why, in words; '' when all were taken. */
  message: string
}

export interface Spans {
  /**
   * Keeps the calls of models in an OTLP request; durable when resolved.
   * @throws SpansRefused when the body cannot be read, or is too large.
   */
  receive(
    userId: UserId,
    request: { body: Buffer; isProtobuf: boolean; isGzip: boolean },
  ): Promise<Received>
  /** With the 200 services that have most calls, of `services_total`. */
  kept(
    userId: UserId,
  ): Promise<SpansKept & { max_bytes: number; services: ServiceKept[]; services_total: number }>
  /** All of them, or those of a service or a period. */
  remove(userId: UserId, which?: Which): Promise<void>
  /** JSON, one call a line, many lines at once; `from` is included, `to` is not. */
  lines(userId: UserId, period?: { from?: string; to?: string }): AsyncGenerator<string>
}

export function createSpans(options: {
  journal: Journal
  clock: Clock
  logger: Logger
  maxKeptBytes?: number
}): Spans {
  const { logger, maxKeptBytes = MAX_KEPT_BYTES } = options
  const store = new SpanStore(options.journal, options.clock)
  return {
    async receive(userId, { body, isProtobuf, isGzip }) {
      const read = readBody(isGzip ? await unpacked(body) : body, isProtobuf)
      const total = read.spans.length + read.unreadable
      const { calls, why } = sorted(read)
      if (calls.length > 0 && (await store.kept(userId)).bytes >= maxKeptBytes) {
        logger.warn({ user_id: userId }, 'spans are refused: a person has as many as they may')
        const message = `Nothing was kept: the calls that Netra keeps of you take ${maxKeptBytes / 1_000_000} MB already. Delete some at Settings → Application calls, or with DELETE /api/workload/spans.`
        return { accepted: 0, rejected: total, message }
      }
      if (calls.length > 0) await store.add(userId, calls)
      return { accepted: calls.length, rejected: total - calls.length, message: wordsOf(why) }
    },
    async kept(userId) {
      const { services, total } = await store.services(userId)
      const kept = await store.kept(userId)
      return { ...kept, max_bytes: maxKeptBytes, services, services_total: total }
    },
    remove: (userId, which) => store.remove(userId, which),
    lines: (userId, period) => store.lines(userId, period),
  }
}

async function unpacked(body: Buffer): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: MAX_SPAN_BYTES })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new SpansRefused(
        'too_large',
        `The request holds more than ${MAX_SPAN_BYTES / 1_000_000} MB: export in smaller batches.`,
      )
    throw new SpansRefused('malformed', 'The body is not gzip, as its content-encoding says.')
  }
}

function readBody(body: Buffer, isProtobuf: boolean): ReadRequest {
  try {
    return isProtobuf ? readProtobuf(body) : readJson(body)
  } catch (error) {
    if (error instanceof TooMuch) throw new SpansRefused('too_large', error.message)
    if (error instanceof NotOtlp) throw new SpansRefused('malformed', error.message)
    throw error
  }
}

function sorted({ spans, unreadable }: ReadRequest): { calls: Call[]; why: Map<string, number> } {
  const calls: Call[] = []
  const why = new Map<string, number>()
  const services = new Set<string | null>()
  const leaveOut = (reason: string): void => void why.set(reason, (why.get(reason) ?? 0) + 1)
  if (unreadable > 0) why.set('that cannot be read', unreadable)
  for (const span of spans) {
    const call = callOf(span)
    if (typeof call === 'string') leaveOut(call)
    else if (services.size >= MAX_SERVICES && !services.has(call.project))
      leaveOut(`of more than ${MAX_SERVICES} services in one request`)
    else {
      services.add(call.project)
      calls.push(call)
    }
  }
  return { calls, why }
}

const wordsOf = (why: ReadonlyMap<string, number>): string =>
  why.size === 0
    ? ''
    : `Not kept: ${[...why]
        .slice(0, 5)
        .map(([reason, count]) => `${count} ${reason}`)
        .join('; ')}.`
