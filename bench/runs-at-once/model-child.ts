import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import { dialectFor } from '../../tests/support/model-dialects.ts'
import { answerParent } from '../support/child.ts'

export interface ModelRequest {
  /** Milliseconds before the first byte of each answer; 0: as fast as it can. */
  delayMs: number
}

const CALLS = 5
const ANSWER = 'Five numbers were worked out, one after the other, and this is what came of it.'

let delayMs = 0

/** Asks for a tool five times, one call after the other, then answers. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const dialect = dialectFor(path)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(dialect.listing(['test-model'])))
    return
  }
  const question = dialect.read(JSON.parse(await text(request)), path)
  const done = question.toolResults.length
  const next = [{ name: 'calculate', arguments: { expression: `${done} + 1` } }]
  const said = done < CALLS ? { toolCalls: next } : { text: ANSWER }
  const reply = { ...said, usage: { input: 400, output: 30 } }
  const { opening, pieces, ending } = dialect.speak(reply, question)
  if (delayMs > 0) await sleep(delayMs)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end([...opening, ...pieces, ...ending].join(''))
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) =>
    response.destroy(error instanceof Error ? error : new Error(String(error))),
  )
})
// A socket that is closed between two calls of a slow machine would look like a broken answer.
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('the model has no address')
const url = `http://127.0.0.1:${address.port}`

answerParent<ModelRequest>((request) => {
  delayMs = request.delayMs
  return Promise.resolve(url)
})
