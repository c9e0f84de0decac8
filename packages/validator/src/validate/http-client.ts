import { setTimeout as delay } from 'node:timers/promises'

import { textOf as bodyOf } from './at-most.ts'
import { CheckFailure, CheckRefused, CheckTimedOut, type Exchange } from './outcome.ts'
import { Secrets } from './secrets.ts'
import { trustIn, type Trust } from './trust.ts'

export interface Ask {
  method?: string
  /** Sent as JSON; text, bytes and forms as they are. */
  body?: unknown
  /** Bearer. */
  token?: string | undefined
  headers?: Record<string, string>
  /** The only statuses that are right; 200 unless told. Any other fails the check. */
  expect?: number | readonly number[]
  /** For what takes longer than any answer may: a whole turn, a long poll. */
  withinMs?: number
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** @throws CheckFailure unless the body is a JSON object. */
  json(): Record<string, unknown>
}

export interface HttpClient {
  /**
   * Asks a path below the address under test, or a whole address, and notes both sides. A 429 that
   * says when to come back is waited for when that is soon.
   *
   * @throws CheckFailure on any status that was not expected and when nothing answers in time;
   *   CheckRefused when a limit refuses.
   */
  ask(path: string, ask?: Ask): Promise<Answer>
}

interface ClientOptions {
  url: string
  /** Below it are /auth and /oauth, when not below `url`. */
  authUrl?: string
  answerMs: number
  signal: AbortSignal
  note: (exchange: Exchange) => void
  secrets?: Secrets
  /** Of whole addresses that the server named; its own site unless told. */
  trust?: Trust
  /** How long a refusal may ask to wait. */
  patienceMs?: number
}

const SHOWN_CHARS = 600
const PATIENCE_MS = 4_000
const MOST_WAITS = 3

export function createHttpClient(given: ClientOptions): HttpClient {
  const options = { secrets: new Secrets(), ...given }
  const { url, authUrl = url, signal, patienceMs = PATIENCE_MS, secrets } = options
  const trust = given.trust ?? trustIn(url, { authUrl: given.authUrl })
  return {
    async ask(path, ask = {}) {
      const base = /^\/o?auth\//.test(path) ? authUrl : url
      const address = /^https?:/.test(path) ? path : `${base}${path}`
      trust.assert(address)
      const { expect = 200 } = ask
      const right = typeof expect === 'number' ? [expect] : expect
      for (let waits = 0; ; waits++) {
        const { answer, exchange } = await once(address, ask, options)
        const { status, headers, text } = answer
        const waitMs = Number(headers.get('retry-after') ?? Number.NaN) * 1_000
        const isSoon = waitMs > 0 && waitMs <= patienceMs && waits < MOST_WAITS
        if (status === 429 && !right.includes(429) && isSoon) {
          options.note({
            ...exchange,
            status,
            expected: true,
            received: `${exchange.received} (asked again after ${waitMs} ms, as it said)`,
          })
          await delay(waitMs, undefined, { signal })
          continue
        }
        const expected = right.includes(status)
        options.note({ ...exchange, status, expected })
        if (expected) return answer
        const { sent } = exchange
        const due = `not ${statusesInWords(right)}`
        const said = secrets.shown(text, 200)
        if (status === 429) throw new CheckRefused(`${sent} was refused (429, ${due}): ${said}`)
        throw new CheckFailure(`${sent} answered ${status}, ${due}: ${said}`)
      }
    },
  }
}

async function once(
  address: string,
  { method, body, token, headers, withinMs }: Ask,
  { answerMs, signal, note, secrets }: Required<Pick<ClientOptions, 'secrets'>> & ClientOptions,
): Promise<{ answer: Answer; exchange: Exchange }> {
  const verb = method ?? (body === undefined ? 'GET' : 'POST')
  const what = isText(body) ? ` ${textOf(body)}` : ''
  const sent = secrets.shown(`${verb} ${address}${what}`, SHOWN_CHARS)
  const isJson = body !== undefined && !isRaw(body)
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  try {
    const response = await fetch(address, {
      method: verb,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs ?? answerMs)]),
      headers: {
        ...(isJson && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw(body) ? body : JSON.stringify(body) }),
    })
    const text = await bodyOf(response)
    secrets.learn(text)
    const received = `${response.status} ${secrets.shown(text, SHOWN_CHARS)}`.trim()
    return {
      answer: {
        status: response.status,
        headers: response.headers,
        text,
        json: () => objectOf(sent, secrets.shown(text, 200), text),
      },
      exchange: { sent, received, durationMs: elapsed() },
    }
  } catch (error) {
    const why = reasonOf(error)
    note({ sent, received: why, durationMs: elapsed() })
    const message = `${sent}: ${why}`
    if (signal.aborted) throw error
    throw why === NO_ANSWER ? new CheckTimedOut(message) : new CheckFailure(message)
  }
}

const isText = (body: unknown): boolean =>
  body !== undefined && !(body instanceof Uint8Array) && !(body instanceof FormData)

const textOf = (body: unknown): string =>
  (typeof body === 'string' ? body : JSON.stringify(body)).slice(0, SHOWN_CHARS)

/** "200", "401 or 403", "400 to 499". */
export function statusesInWords(statuses: readonly number[]): string {
  const [first = 0] = statuses
  const last = statuses.at(-1) ?? 0
  const isRun = statuses.length > 4 && last - first === statuses.length - 1
  return isRun ? `${first} to ${last}` : statuses.join(' or ')
}

const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> | FormData =>
  typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData

function objectOf(sent: string, shown: string, text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return { ...parsed }
  } catch {
    // Said below.
  }
  throw new CheckFailure(`${sent} answered no JSON object: ${shown}`)
}

const NO_ANSWER = 'no answer in time'

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return NO_ANSWER
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  // Of several addresses that were tried in vain the message is empty.
  const parts = cause instanceof AggregateError ? cause.errors.map(reasonOf) : [cause.message]
  return `${error.message}: ${parts.join('; ')}`
}
