import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'

/** Words of different lengths in UTF-16 and in UTF-8, so that no count stands for another. */
const WORDS = ['so ', 'über ', '漢字 ', '😀 ', 'and then ', '\n\n- ', 'e\u0301 ', 'done. ']

/**
 * A language model that says as many words as it is asked to, at the pace it is asked for: "Say 400
 * words, 5 ms apart." It speaks the OpenAI chat API, so that the server streams from it as from any
 * other, and a fault finds an answer under way.
 */
export interface SlowTalker extends AsyncDisposable {
  /** For `OPENAI_BASE_URL`. */
  url: string
}

export const sayWords = (words: number, apartMs: number): string =>
  `Say ${words} words, ${apartMs} ms apart.`

export async function startSlowTalker(): Promise<SlowTalker> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/models')) {
      const data = [{ id: 'slow-talker', object: 'model', created: 1, owned_by: 'netra' }]
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ object: 'list', data }))
      return
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      speak(body, response).catch(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function speak(body: string, response: ServerResponse): Promise<void> {
  // The newest wish is the one to fulfil; older messages of the thread hold others.
  const wish = [...body.matchAll(/Say (\d+) words, (\d+) ms apart/g)].at(-1)
  const [words, apartMs] = [Number(wish?.[1] ?? 3), Number(wish?.[2] ?? 0)]
  response.setHeader('content-type', 'text/event-stream')
  const say = (delta: unknown, finish: string | null = null, more: object = {}): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }]
    const common = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'slow-talker' }
    response.write(`data: ${JSON.stringify({ ...common, choices, ...more })}\n\n`)
  }
  say({ role: 'assistant', content: '' })
  for (let index = 0; index < words && !response.destroyed; index += 1) {
    say({ content: WORDS[index % WORDS.length] })
    if (apartMs > 0) await after(apartMs)
  }
  const usage = { prompt_tokens: 1, completion_tokens: words, total_tokens: words + 1 }
  say({}, 'stop', { usage })
  response.end('data: [DONE]\n\n')
}
