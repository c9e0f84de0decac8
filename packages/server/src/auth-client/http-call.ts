import { Agent as HttpAgent, request as askHttp, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as askHttps } from 'node:https'

import type { Clock } from '../platform/clock.ts'

/** Nobody listens there: the one failure that proves that nothing happens there either. */
export class NobodyListens extends Error {
  override readonly name = 'NobodyListens'
}

export interface HttpCall {
  method: string
  url: URL
  headers: Record<string, string | string[]>
  body?: Buffer | undefined
  /** Until the head of the answer is there. */
  timeoutMs: number
}

export interface Caller {
  call(call: HttpCall): Promise<IncomingMessage>
  close(): void
}

/** More at once wait for a connection to be free. */
const MAX_CONNECTIONS = 256

/** Calls over connections that are kept. `isFollowing`: over one of its own each. */
export function createCaller(clock: Clock, { isFollowing = false } = {}): Caller {
  const options = { keepAlive: !isFollowing, maxSockets: MAX_CONNECTIONS }
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) }
  return {
    call: ({ method, url, headers, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const isTls = url.protocol === 'https:'
        const request = isTls
          ? askHttps(url, { method, headers, agent: agents.https })
          : askHttp(url, { method, headers, agent: agents.http })
        const cancel = clock.after(timeoutMs, () =>
          request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        )
        request.on('response', (response) => {
          cancel()
          resolve(response)
        })
        request.on('error', (error) => {
          cancel()
          reject(isRefusal(error) ? new NobodyListens(error.message, { cause: error }) : error)
        })
        request.on('close', cancel)
        request.end(body)
      }),
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** Of a name with several addresses each must have refused. */
function isRefusal(error: Error): boolean {
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every((one) => isRefused(one))
  }
  return isRefused(error)
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'

/** @throws when it breaks off, takes longer than `timeoutMs` or is larger than 4 MB. */
export function textOf(
  response: IncomingMessage,
  clock: Clock,
  timeoutMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const cancel = clock.after(timeoutMs, () => response.destroy(new Error('the answer stalls')))
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is too large'))
      else chunks.push(chunk)
    })
    response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    response.on('error', reject)
    response.on('close', () => {
      cancel()
      reject(new Error('the answer broke off'))
    })
  })
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
