import { request as requestHttp, Agent as HttpAgent } from 'node:http'
import { request as requestHttps, Agent as HttpsAgent } from 'node:https'

import type { Sent } from './batch.ts'

export interface Answered {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Posts to one address with connections of its own, in a time that is the whole of it: a server that
 * answers nothing, or a little for ever, is given up.
 */
export class HttpSender implements Disposable {
  readonly #url: URL
  readonly #agent: HttpAgent
  readonly #timeoutMs: number

  constructor(url: string, timeoutMs: number) {
    this.#url = new URL(url)
    this.#timeoutMs = timeoutMs
    const options = { keepAlive: true, maxSockets: 1 }
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
  }

  /** @throws why nothing came back. */
  post(body: string | Buffer, headers: Record<string, string>): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered>()
    const ask = this.#url.protocol === 'https:' ? requestHttps : requestHttp
    const request = ask(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    })
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`))
    }, this.#timeoutMs)
    timer.unref()
    // What is on its way to who watches must not keep a process that wants to end.
    request.on('socket', (socket) => socket.unref())
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (text.length < MAX_ANSWER_BYTES) text += chunk
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
    })
    request.end(body)
    return promise.finally(() => clearTimeout(timer))
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/** A later try may go well; a refusal is one of what was sent. */
export function sentBy({ status }: Answered): Sent {
  if (status >= 200 && status < 300) return 'sent'
  return status === 429 || status >= 500 ? 'failed' : 'refused'
}
