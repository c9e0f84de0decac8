import { request, type IncomingMessage } from 'node:http'

import type { Frame } from './raw-socket.ts'

/** One message of a streamed answer, with the position that its `id` names. */
export interface Streamed {
  id: string | undefined
  message: Frame
}

/** `GET /api/events` without an SDK: every message, and how it ended. */
export interface EventStream extends Disposable {
  status: number
  /** The body of an answer that is no stream. */
  body: string
  received: Streamed[]
  /** Resolves when the answer is over: `true` when it ended cleanly. */
  closed: Promise<boolean>
  next(fits: (message: Frame) => boolean): Promise<Streamed>
  /** Stops and goes on reading. */
  pause(): void
  resume(): void
}

export async function openEventStream(
  url: string,
  query: Record<string, string>,
  headers: Record<string, string>,
): Promise<EventStream> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(`${url}/api/events?${new URLSearchParams(query)}`, {
      headers: { accept: 'text/event-stream', ...headers },
      agent: false,
    })
    asked.on('response', resolve).on('error', reject)
    asked.end()
  })
  const received: Streamed[] = []
  const waiting = new Set<() => void>()
  let text = ''
  let body = ''
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false
  response.setEncoding('utf8')
  response.on('data', (piece: string) => {
    if (!isStream) {
      body += piece
      return
    }
    const parts = (text + piece).split('\n\n')
    text = parts.pop() ?? ''
    received.push(...parts.flatMap(streamedIn))
    for (const look of waiting) look()
  })
  response.on('error', () => undefined)
  const closed = new Promise<boolean>((resolve) =>
    response.on('close', () => resolve(response.complete)),
  )
  if (!isStream) await closed
  return {
    status: response.statusCode ?? 0,
    body,
    received,
    closed,
    next: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.find(({ message }) => fits(message))
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    pause: () => response.pause(),
    resume: () => response.resume(),
    [Symbol.dispose]: () => response.destroy(),
  }
}

function streamedIn(part: string): Streamed[] {
  const lines = part.split('\n')
  const data = lines.find((line) => line.startsWith('data: '))
  if (data === undefined) return []
  const id = lines.find((line) => line.startsWith('id: '))?.slice(4)
  return [{ id, message: JSON.parse(data.slice(6)) as Frame }]
}
