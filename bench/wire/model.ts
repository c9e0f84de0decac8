import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

import { dialectFor } from '../../tests/support/model-dialects.ts'

export interface Model extends Disposable {
  /** Base address, as `OPENAI_BASE_URL` wants it. */
  url: string
}

/**
 * A model server that answers `words <n>` with n tokens at an even pace, held by the clock: a piece
 * that is late does not delay those after it.
 */
export async function startModel(tokensPerSecond: number): Promise<Model> {
  const server = createServer((request, response) => {
    answer(request, response, tokensPerSecond).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the model has no address')
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  tokensPerSecond: number,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const dialect = dialectFor(path)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(dialect.listing(['test-model'])))
    return
  }
  const question = dialect.read(JSON.parse(await text(request)), path)
  const words = Number(/words (\d+)/.exec(question.lastUserText)?.[1] ?? 1)
  const { opening, pieces, ending } = dialect.speak({ text: answerOf(words) }, question)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(opening.join(''))
  const started = performance.now()
  for (let sent = 0; sent < pieces.length;) {
    const due = Math.floor(((performance.now() - started) / 1_000) * tokensPerSecond) + 1
    for (; sent < Math.min(due, pieces.length); sent += 1) response.write(pieces[sent])
    const next = started + (sent * 1_000) / tokensPerSecond - performance.now()
    if (next > 0) await sleep(next)
  }
  response.end(ending.join(''))
}

const PROSE = (
  'the median request waits for its first token far longer than for all the others together so ' +
  'batching prompts by length helps most where queues are short and the cache is still cold '
).split(/(?<=\s)/)

/** So many tokens of prose. */
export const answerOf = (words: number): string[] =>
  Array.from({ length: words }, (_, index) => PROSE[index % PROSE.length] ?? '')
