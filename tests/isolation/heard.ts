import { WebSocket, type ClientOptions } from 'ws'

import { hello } from '../support/raw-socket.ts'

/** How a token is shown on a native socket. */
export const TOKEN_FORMS = ['in hello', 'as a bearer', 'as a subprotocol'] as const
export type TokenForm = (typeof TOKEN_FORMS)[number]

/** Everything that a socket was told until it closed, or until nothing more came. */
export interface Heard {
  /** Frames, close code and reason, or the refusal of the upgrade with its body. */
  whole: string
  frames: Record<string, unknown>[]
  code: number | undefined
}

export interface Opening {
  path?: string
  protocols: string[]
  options: ClientOptions
  /** Sent when it stands, in this order; more may follow a frame that `until` waits for. */
  say: readonly (object | string)[]
  /** Frames that are said after one that begins so has come. */
  after?: { type: string; say: readonly (object | string)[] }
  /** Frames are handled in order: when this one is answered, all before it were. */
  end?: string
  /** What the owner waits for. */
  until?: string
}

const QUIET_MS = 150
const PATIENCE_MS = 15_000

/** Opens a socket, says what is to be said, and listens until a quiet moment after the answer. */
export function listen(url: string, opening: Opening): Promise<Heard> {
  const { path = '/ws', protocols, options, say, after, end, until } = opening
  const socket = new WebSocket(
    `${url.replace(/^http/, 'ws').replace('//localhost', '//127.0.0.1')}${path}`,
    protocols,
    { ...options, headers: { host: new URL(url).host, ...options.headers } },
  )
  const texts: string[] = []
  const frames: Record<string, unknown>[] = []
  let code: number | undefined
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(patience)
      clearTimeout(quiet)
      socket.terminate()
      resolve({ whole: texts.join('\n'), frames, code })
    }
    const patience = setTimeout(finish, PATIENCE_MS)
    let quiet: NodeJS.Timeout | undefined
    let hasSaid = after === undefined
    let isAnswered = end === undefined
    const wait = (): void => {
      clearTimeout(quiet)
      // Before the answer nothing is quiet: a busy machine only takes longer.
      const isHeard = until === undefined || texts.some((text) => text.includes(until))
      if (hasSaid && isAnswered && isHeard && frames.length > 0)
        quiet = setTimeout(finish, QUIET_MS)
    }
    const send = (what: object | string): void => {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(typeof what === 'string' ? what : JSON.stringify(what))
      }
    }
    socket.on('open', () => say.forEach(send))
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      texts.push(text)
      const came = [JSON.parse(text)].flat() as Record<string, unknown>[]
      frames.push(...came)
      isAnswered ||= came.some((frame) => frame['id'] === end || frame['in_reply_to'] === end)
      if (!hasSaid && came.some(({ type }) => type === after?.type)) {
        hasSaid = true
        after?.say.forEach(send)
      }
      wait()
    })
    socket.on('close', (closed, reason) => {
      code = closed
      texts.push(`closed ${closed} ${reason.toString()}`)
      finish()
    })
    socket.on('unexpected-response', (_request, response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const body = Buffer.concat(pieces).toString()
        texts.push(`${response.statusCode} ${response.rawHeaders.join('\n')} ${body}`)
        finish()
      })
    })
    socket.on('error', () => undefined)
  })
}

const LAST = { type: 'unsubscribe', id: 'the-end', stream: 'thread:none' }

/** A native socket of whoever shows this token, in one of the forms. */
export function nativeOpening(
  token: string,
  form: TokenForm,
  more: Record<string, unknown>,
  then: readonly object[],
): Opening {
  const inHello = form === 'in hello'
  return {
    protocols: [
      'netra.v1',
      ...(form === 'as a subprotocol' ? [`jwt.${Buffer.from(token).toString('base64url')}`] : []),
    ],
    options: {
      headers: form === 'as a bearer' ? { authorization: `Bearer ${token}` } : {},
    },
    say: [hello(token, { ...(!inHello && { token: undefined }), ...more })],
    after: { type: 'welcome', say: [...then, LAST] },
    end: LAST.id,
  }
}
