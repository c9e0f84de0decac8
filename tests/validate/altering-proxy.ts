import { once } from 'node:events'
import {
  createServer,
  request as askHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

import { joinSockets, pipeSockets, type SocketAlteration } from './altered-sockets.ts'
import type { Certificate } from './certificate.ts'

export interface Asked {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** Of one proxy: the first request is 1. */
  count: number
}

export interface Answered {
  status: number
  headers: OutgoingHttpHeaders
  body: string
}

/** What is wrong between a validator and a healthy Netra. Whatever is left out passes as it is. */
export interface Alteration {
  /** An answer of its own, without Netra ever hearing of the question; `undefined` passes it on. */
  answer?(asked: Asked, ask: AskNetra): MaybeLater<Partial<Answered> | undefined>
  /** Changes the question on its way. */
  request?(asked: Asked): MaybeLater<void>
  /** Changes a whole answer. Event streams are never whole: see `stream`. */
  response?(asked: Asked, answered: Answered, ask: AskNetra): MaybeLater<void>
  /** What goes out for one block of an event stream; `hold` keeps all of it until its end. */
  stream?: 'hold' | ((block: string, asked: Asked) => MaybeLater<string[]>)
  /** Instead of an upgrade: an answer, or nothing at all. */
  upgrade?(asked: Asked): MaybeLater<Partial<Answered> | 'silence' | undefined>
  /** For one socket. */
  socket?(asked: Asked): SocketAlteration | undefined
  /** Connections are closed when nothing went over them for so long. */
  idleMs?: number
}

export type MaybeLater<T> = T | Promise<T>
/** Asks the healthy Netra itself. */
export type AskNetra = (asked: Partial<Asked> & { path: string }) => Promise<Answered>

export interface AlteringProxy extends AsyncDisposable {
  url: string
}

/**
 * A proxy in front of a Netra that changes one thing. Host, Origin and the addresses in answers are
 * translated, so that any number of them can stand in front of the same Netra.
 */
export async function startAlteringProxy(
  netraUrl: string,
  alteration: Alteration,
  options: { certificate?: Certificate; host?: string; publicHost?: string } = {},
): Promise<AlteringProxy> {
  const { certificate, host: hostname = '127.0.0.1', publicHost = new URL(netraUrl).host } = options
  const server = certificate ? createTlsServer(certificate) : createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `${certificate ? 'https' : 'http'}://${hostname}:${port}`
  const way = new Way(netraUrl, url, { alteration, publicHost })
  const open = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
  })
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    way.serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    way.upgrade(incoming, socket, head).catch(() => socket.destroy())
  })
  return { url, [Symbol.asyncDispose]: () => close(server, open) }
}

async function close(server: Server, open: ReadonlySet<Duplex>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of open) socket.destroy()
  await closed
}

class Way {
  readonly #target: URL
  readonly #own: URL
  /** How Netra names itself in its answers. */
  readonly #publicHost: string
  readonly #alteration: Alteration
  #count = 0

  constructor(
    netraUrl: string,
    ownUrl: string,
    { alteration, publicHost }: { alteration: Alteration; publicHost: string },
  ) {
    this.#target = new URL(netraUrl)
    this.#own = new URL(ownUrl)
    this.#publicHost = publicHost
    this.#alteration = alteration
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const asked = this.#asked(incoming, await bodyOf(incoming))
    const { answer, response, stream } = this.#alteration
    const own = await answer?.(asked, this.#ask)
    if (own) {
      send(outgoing, own)
      return
    }
    await this.#alteration.request?.(asked)
    const upstream = await this.#pass(asked, outgoing)
    const isStream = upstream.headers['content-type']?.startsWith('text/event-stream') ?? false
    if (isStream && stream !== 'hold') {
      outgoing.writeHead(upstream.statusCode ?? 502, upstream.headers)
      outgoing.flushHeaders()
      await passBlocks(upstream, outgoing, (block) => stream?.(block, asked) ?? [block])
      return
    }
    const answered = await this.#whole(upstream)
    if (response) await response(asked, answered, this.#ask)
    send(outgoing, answered)
  }

  async upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const asked = this.#asked(incoming, '')
    const { upgrade, request, socket: alter, idleMs } = this.#alteration
    const instead = await upgrade?.(asked)
    if (instead === 'silence') return
    if (instead) {
      socket.end(rawAnswer(instead))
      return
    }
    await request?.(asked)
    const headers = this.#onward(asked.headers)
    const address = new URL(asked.path, this.#target).href.replace(/^http/, 'ws')
    const joint = { incoming, socket, head, address, headers }
    const alteration = alter?.(asked)
    if (alteration) joinSockets({ ...joint, alteration })
    else pipeSockets({ ...joint, ...(idleMs !== undefined && { idleMs }) })
  }

  readonly #ask: AskNetra = async ({ method = 'GET', path, headers = {}, body = '' }) => {
    const upstream = await this.#pass({ method, path, headers, body, count: 0 })
    return this.#whole(upstream)
  }

  #asked({ method = 'GET', url: path = '/', headers }: IncomingMessage, body: string): Asked {
    this.#count += 1
    return { method, path, headers: { ...headers }, body, count: this.#count }
  }

  /** Resolves with the beginning of the answer; when whoever waits for it goes away, so does the question. */
  #pass(asked: Asked, outgoing?: ServerResponse): Promise<IncomingMessage> {
    const { method, path, body } = asked
    const headers = this.#onward(asked.headers)
    delete headers['transfer-encoding']
    if (body !== '' || method !== 'GET') headers['content-length'] = Buffer.byteLength(body)
    const { hostname, port } = this.#target
    return new Promise((resolve, reject) => {
      const upstream = askHttp({ hostname, port, method, path, headers, agent: false }, resolve)
      upstream.on('error', reject)
      outgoing?.on('close', () => upstream.destroy())
      upstream.end(body)
    })
  }

  #onward(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
    // Whoever asks by another name is asked after by that one.
    const isOwn = headers.host === undefined || this.#isOwn(headers.host)
    const onward: OutgoingHttpHeaders = { ...headers, ...(isOwn && { host: this.#publicHost }) }
    delete onward['accept-encoding']
    delete onward['connection']
    if (headers.origin === this.#own.origin) {
      onward['origin'] = `${this.#own.protocol}//${this.#publicHost}`
    }
    return onward
  }

  #isOwn(host: string): boolean {
    const { port } = this.#own
    return [this.#own.host, `localhost:${port}`, `127.0.0.1:${port}`].includes(host)
  }

  async #whole(upstream: IncomingMessage): Promise<Answered> {
    const text = await bodyOf(upstream)
    const { host } = this.#own
    const body = text.replaceAll(this.#publicHost, host)
    const headers: OutgoingHttpHeaders = { ...upstream.headers }
    if (typeof headers['location'] === 'string') {
      headers['location'] = headers['location'].replace(this.#publicHost, host)
    }
    for (const name of ['content-length', 'transfer-encoding', 'connection', 'keep-alive']) {
      delete headers[name]
    }
    return { status: upstream.statusCode ?? 502, headers, body }
  }
}

function send(outgoing: ServerResponse, answered: Partial<Answered>): void {
  const { status = 200, headers = {}, body = '' } = answered
  outgoing.writeHead(status, headers)
  outgoing.end(body)
}

function rawAnswer({ status = 200, headers = {}, body = '' }: Partial<Answered>): string {
  const all = { connection: 'close', 'content-length': Buffer.byteLength(body), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}`)
  return `HTTP/1.1 ${status} Altered\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

async function passBlocks(
  upstream: IncomingMessage,
  outgoing: ServerResponse,
  blocksFor: (block: string) => MaybeLater<string[]>,
): Promise<void> {
  let rest = ''
  upstream.setEncoding('utf8')
  for await (const text of upstream) {
    const blocks = (rest + String(text)).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      for (const out of await blocksFor(block)) outgoing.write(`${out}\n\n`)
    }
  }
  outgoing.end(rest)
}

/** For alterations that only make something late. */
export const late = (ms: number): Promise<void> => wait(ms)
