import { request as askHttp } from 'node:http'
import { request as askHttps } from 'node:https'
import { isIP } from 'node:net'

import { BoundedText } from '../at-most.ts'
import type { CheckContext } from '../context.ts'
import { reasonOf, statusesInWords } from '../http-client.ts'
import { CheckFailure, CheckRefused, CheckTimedOut } from '../outcome.ts'

export interface RawAnswer {
  status: number
  httpVersion: string
  headers: Record<string, string | string[] | undefined>
  text: string
}

interface RawAsk {
  method?: string
  /** Those that `fetch` keeps for itself too: host, origin, cookie. */
  headers?: Record<string, string>
  body?: string
  /** The only statuses that are right; 200 unless told. */
  expect?: readonly number[]
  /** Another certificate authority's, or nobody's, is no reason to give up: TLS has its own checks. */
  anyCertificate?: boolean
}

/**
 * One request on a connection of its own, with headers that `fetch` does not let through.
 *
 * @throws CheckFailure on any status that was not expected and when nothing answers in time.
 */
export async function rawRequest(
  context: Pick<CheckContext, 'signal' | 'pace' | 'note'>,
  address: string,
  { method = 'GET', headers = {}, body, expect = [200], anyCertificate = false }: RawAsk = {},
): Promise<RawAnswer> {
  const { signal, pace, note } = context
  const url = new URL(address)
  const told = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const sent = [`${method} ${address}`, ...told].join(' · ')
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  const options = {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(pace.answerMs)]),
  }
  let answer: RawAnswer
  try {
    answer = await new Promise<RawAnswer>((resolve, reject) => {
      const asked =
        url.protocol === 'https:'
          ? askHttps(url, {
              ...options,
              rejectUnauthorized: !anyCertificate,
              // Else it would be the name in a Host header that a check has made up.
              servername: isIP(url.hostname.replace(/^\[|\]$/g, '')) ? '' : url.hostname,
            })
          : askHttp(url, options)
      asked.on('error', reject)
      asked.on('response', (response) => {
        const bounded = new BoundedText()
        response.setEncoding('utf8')
        response.on('data', (data: string) => {
          try {
            bounded.add(data)
          } catch (error) {
            reject(error)
            response.destroy()
          }
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            httpVersion: response.httpVersion,
            headers: response.headers,
            text: bounded.text,
          }),
        )
      })
      asked.on('upgrade', (response, socket) => {
        socket.destroy()
        const { statusCode: status = 101, httpVersion, headers: answered } = response
        resolve({ status, httpVersion, headers: answered, text: '' })
      })
      asked.end(body)
    })
  } catch (error) {
    if (signal.aborted) throw error
    const isLate = error instanceof Error && error.name === 'AbortError'
    const why = isLate ? 'no answer in time' : reasonOf(error)
    note({ sent, received: why, durationMs: elapsed() })
    throw isLate ? new CheckTimedOut(`${sent}: ${why}`) : new CheckFailure(`${sent}: ${why}`)
  }
  const { status, text } = answer
  const expected = expect.includes(status)
  note({
    sent,
    received: `${status} ${text.slice(0, 600)}`,
    durationMs: elapsed(),
    status,
    expected,
  })
  if (expected) return answer
  const wrong = `${sent} answered ${status}, not ${statusesInWords(expect)}: ${text.slice(0, 200)}`
  throw status === 429 ? new CheckRefused(wrong) : new CheckFailure(wrong)
}
