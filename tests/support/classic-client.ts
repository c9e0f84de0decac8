import { request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

import { openSocket, type Frame, type RawSocket } from './raw-socket.ts'

export interface ClassicOptions {
  path?: string
  protocols?: string[]
  headers?: Record<string, string>
  origin?: string
}

export const jwt = (token: string): string => `jwt.${Buffer.from(token).toString('base64url')}`

/** A client of the classic codec with a bearer token; `undefined` brings none. */
export function openClassic(
  url: string,
  token: string | undefined,
  options: ClassicOptions = {},
): Promise<RawSocket> {
  const { headers, ...rest } = options
  return openSocket(url, {
    protocols: [],
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...rest,
  })
}

export const isWelcome = (frame: Frame): boolean => eventOf(frame) === 'connection_established'

/** What a `system_message` is about. */
export const eventOf = (frame: Frame): unknown =>
  frame.type === 'system_message' ? (frame['data'] as Frame)['event'] : undefined

/** Opened and welcomed. */
export async function welcomedClassic(
  url: string,
  token: string,
  options: ClassicOptions = {},
): Promise<RawSocket> {
  const socket = await openClassic(url, token, options)
  await socket.next(isWelcome)
  return socket
}

const TERMINAL = new Set(['agent_completed', 'agent_failed', 'run_cancelled'])

export const isEnd =
  (runId: unknown) =>
  (frame: Frame): boolean =>
    TERMINAL.has(frame.type) && frame['run_id'] === runId

/** Sends one message and waits for its run's end; answers what was received of that run. */
export async function converse(
  socket: RawSocket,
  message: Record<string, unknown>,
): Promise<{ threadId: string; runId: string; frames: Frame[] }> {
  const client_message_id = crypto.randomUUID()
  const payload = { ...(message['payload'] as object), client_message_id }
  socket.send({ ...message, payload })
  const received = await socket.next(
    (frame) =>
      (frame.type === 'message_received' || frame.type === 'error') &&
      frame['in_reply_to'] === client_message_id,
  )
  if (received.type === 'error') throw new Error(JSON.stringify(received))
  const { run_id, thread_id } = received
  await socket.next(isEnd(run_id))
  return {
    threadId: String(thread_id),
    runId: String(run_id),
    frames: socket.frames.filter((frame) => frame['run_id'] === run_id && 'event_id' in frame),
  }
}

/** An upgrade written by hand: what the server answered, before any frame. */
export function upgrade(
  url: string,
  headers: Record<string, string>,
  path = '/ws',
): Promise<{ status: number; protocol: string | undefined; first: Promise<Frame>; end(): void }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    const answered = (response: IncomingMessage, socket: Socket, head: Buffer): void =>
      resolve({
        status: response.statusCode ?? 0,
        protocol: response.headers['sec-websocket-protocol'],
        first: firstFrame(socket, head),
        end: () => socket.destroy(),
      })
    asked.on('upgrade', answered)
    asked.on('response', (response) => answered(response, response.socket, Buffer.alloc(0)))
    asked.on('error', reject)
    asked.end()
  })
}

/** The first whole text frame of less than 64 KB. */
async function firstFrame(socket: Socket, head: Buffer): Promise<Frame> {
  let bytes = head
  socket.on('error', () => undefined)
  for (;;) {
    const short = (bytes[1] ?? 0) & 0x7f
    const header = short === 126 ? 4 : 2
    const length = short === 126 && bytes.length >= 4 ? bytes.readUInt16BE(2) : short
    if (bytes.length >= header + length && bytes.length >= 4) {
      return JSON.parse(bytes.toString('utf8', header, header + length)) as Frame
    }
    const more = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    bytes = Buffer.concat([bytes, more])
  }
}
