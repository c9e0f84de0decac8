import { on } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

import { WebSocket, WebSocketServer, type RawData } from 'ws'

/** A message of either codec, as it stands on the wire. */
export type Message = Record<string, unknown> & { type: string }

export interface Ends {
  /** Sends to the client something that Netra never said. */
  tell(message: unknown): void
  /** Sends to Netra something that the client never said. */
  ask(message: unknown): void
  /** Ends the client's side with this code, or without a word. */
  end(code?: number): void
}

/** What happens to the messages of one socket. Frames stay whole; the client's count of bytes is put right. */
export interface SocketAlteration {
  /** What the client gets in the place of one message of Netra's. Order is kept, whatever takes long. */
  down?(message: Message, ends: Ends): Message[] | Promise<Message[]>
  /** What Netra gets in the place of one message of the client's. */
  up?(message: Message, ends: Ends): Message[] | Promise<Message[]>
  /** Changes the headers of the answer to the upgrade. */
  headers?(lines: string[]): void
  /** The close code that the client is told for Netra's; or the client is told nothing. */
  close?(code: number): number | 'never'
  /** What Netra is told when the client has gone; a client that closes says with which code. */
  gone?(code: number): Message[]
}

interface Joint {
  incoming: IncomingMessage
  socket: Duplex
  head: Buffer
  address: string
  headers: OutgoingHttpHeaders
  alteration: SocketAlteration
}

/** Of the upgrade itself; the library makes its own. */
const OWN = /^(sec-websocket-(key|version|extensions|protocol)|upgrade|connection|host)$/

export function joinSockets(joint: Joint): void {
  const { incoming, socket, head, address, headers } = joint
  const offered = incoming.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  const kept = Object.entries(headers).filter(([name]) => !OWN.test(name)) as [string, string][]
  const upstream = new WebSocket(address, offered ?? [], {
    headers: { ...Object.fromEntries(kept), host: String(headers['host']) },
    perMessageDeflate: false,
  })
  const early: { data: RawData; isBinary: boolean }[] = []
  const keep = (data: RawData, isBinary: boolean): void => void early.push({ data, isBinary })
  upstream.on('message', keep)
  upstream.on('error', () => socket.destroy())
  upstream.on('unexpected-response', (_request, response) => {
    const lines = response.rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${response.rawHeaders[index + 1]}`] : [],
    )
    socket.write(`HTTP/1.1 ${response.statusCode} Refused\r\n${lines.join('\r\n')}\r\n\r\n`)
    response.pipe(socket)
  })
  const giveUp = (): void => upstream.terminate()
  socket.on('close', giveUp)
  upstream.on('open', () => {
    const accept = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      handleProtocols: () => (upstream.protocol === '' ? false : upstream.protocol),
    })
    const change = joint.alteration.headers
    if (change) accept.on('headers', (lines) => change(lines))
    accept.handleUpgrade(incoming, socket, head, (client) => {
      // From here on each side hears how the other one ended.
      socket.off('close', giveUp)
      upstream.off('message', keep)
      relay(client, upstream, early, joint)
    })
  })
}

/** The bytes as they are, until nothing came for so long. */
export function pipeSockets(
  pipe: Omit<Joint, 'alteration' | 'incoming'> & { idleMs?: number },
): void {
  const { socket, head, address, headers, idleMs } = pipe
  const { hostname, port, pathname, search } = new URL(address)
  const upstream = connect(Number(port), hostname)
  const own = { upgrade: 'websocket', connection: 'Upgrade' }
  const lines = Object.entries({ ...headers, ...own }).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${String(one)}`),
  )
  upstream.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  upstream.write(head)
  upstream.pipe(socket).pipe(upstream)
  const end = (): void => {
    socket.destroy()
    upstream.destroy()
  }
  for (const side of [socket, upstream]) side.on('close', end).on('error', end)
  if (idleMs !== undefined) upstream.setTimeout(idleMs, end)
}

function relay(
  client: WebSocket,
  upstream: WebSocket,
  early: readonly { data: RawData; isBinary: boolean }[],
  { alteration }: Joint,
): void {
  let heard = 0
  const told = (frame: string | Buffer): void => client.send(frame)
  const ends: Ends = {
    tell: (message) => client.send(JSON.stringify(message)),
    ask: (message) => upstream.send(JSON.stringify(message)),
    end: (code) => (code === undefined ? client.terminate() : client.close(code)),
  }
  const lanes = { down: Promise.resolve(), up: Promise.resolve() }

  const onDown = async (data: RawData, isBinary: boolean): Promise<void> => {
    heard += (data as Buffer).length
    const parsed = isBinary ? undefined : parse(data)
    if (parsed === undefined || !alteration.down) {
      told(isBinary ? (data as Buffer) : (data as Buffer).toString())
      return
    }
    const isList = Array.isArray(parsed)
    const out: Message[] = []
    for (const message of (isList ? parsed : [parsed]) as Message[]) {
      out.push(...(await alteration.down(message, ends)))
    }
    // The classic codec knows no lists.
    if (isList && out.length > 0) told(JSON.stringify(out))
    else for (const message of out) told(JSON.stringify(message))
  }
  const onUp = async (data: RawData, isBinary: boolean): Promise<void> => {
    const parsed = isBinary ? undefined : parse(data)
    if (parsed === undefined || Array.isArray(parsed)) {
      upstream.send(data as Buffer, { binary: isBinary })
      return
    }
    const message = parsed as Message
    // Netra's count is of what it said, whatever became of it here.
    const counted = message.type === 'ack' ? { ...message, bytes: heard } : message
    const out = alteration.up ? await alteration.up(counted, ends) : [counted]
    for (const one of out) {
      upstream.send(one === message ? (data as Buffer).toString() : JSON.stringify(one))
    }
  }
  const enqueue = (lane: keyof typeof lanes, work: () => Promise<void>): void => {
    lanes[lane] = lanes[lane].then(work).catch(() => client.terminate())
  }
  const down = (data: RawData, isBinary: boolean): void =>
    enqueue('down', () => onDown(data, isBinary))
  for (const { data, isBinary } of early) down(data, isBinary)
  upstream.on('message', down)
  client.on('message', (data, isBinary) => enqueue('up', () => onUp(data, isBinary)))
  client.on('error', () => upstream.terminate())
  upstream.on('error', () => client.terminate())
  client.on('close', (code, reason) =>
    enqueue('up', async () => {
      const last = alteration.gone?.(code) ?? []
      if (upstream.readyState !== WebSocket.OPEN) return
      for (const message of last) upstream.send(JSON.stringify(message))
      if (last.length > 0) await answered(upstream)
      endLike(upstream, code, reason)
    }),
  )
  upstream.on('close', (code, reason) =>
    enqueue('down', async () => {
      const change = alteration.close?.(code) ?? code
      if (change !== 'never') endLike(client, change, reason)
    }),
  )
}

/** Until a command of ours was answered. */
async function answered(upstream: WebSocket): Promise<void> {
  for await (const [data] of on(upstream, 'message', { close: ['close'] })) {
    if (textOf(data as RawData).includes('"ok"')) return
  }
}

function endLike(socket: WebSocket, code: number, reason: Buffer): void {
  const isSayable =
    code === 1000 || (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code))
  if (isSayable || code >= 3000) socket.close(code, reason)
  else if (code === 1005) socket.close()
  else socket.terminate()
}

const textOf = (data: RawData): string => (data as Buffer).toString()

function parse(data: RawData): unknown {
  try {
    const parsed: unknown = JSON.parse(textOf(data))
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}
