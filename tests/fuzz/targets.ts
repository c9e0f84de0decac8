import { connect } from 'node:net'

import { clientMessageSchema, helloSchema } from '@netra/protocol'
import { WebSocket } from 'ws'

import type { Random } from '../isolation/property/random.ts'
import type { Stage } from '../isolation/stage-shape.ts'
import { hello } from '../support/raw-socket.ts'
import { CLASSIC_EXAMPLES } from './classic-examples.ts'
import { bodyExamples, readPaths, type Example } from './examples.ts'
import { generatorOf } from './from-schema.ts'
import { misspelt, mutatedText } from './mutate.ts'
import { Hang, HANG_MS, sendRaw, unlessItHangs, type RawAnswer } from './raw-http.ts'

/** Sends a few inputs of one kind and says how many. @throws when the server did not stand them. */
export type Target = (random: Random) => Promise<number>

const FRAMES_EACH = 18

/** From all over loopback, so that what limits an address does not hide what is behind it. */
const addressOf = (random: Random): string =>
  `127.${1 + random.below(3)}.${random.below(250)}.${1 + random.below(250)}`

/**
 * @param statuses what was answered how often; 0 is a connection that was closed without a word.
 * @param expendable whose account may end when a method and a path happen to be those that end it.
 */
export async function targetsOf(
  stage: Stage,
  statuses: Map<number, number>,
  expendable: { bearer: string },
): Promise<Record<string, Target>> {
  const { netra, ada, talk, eve } = stage
  const port = Number(new URL(netra.url).port)
  const host = new URL(netra.url).host
  const known = {
    texts: [
      talk.thread,
      `thread:${talk.thread}`,
      `user:${ada.userId}`,
      talk.run,
      talk.message,
      talk.file,
      talk.position,
      'assistant',
      'plain words',
    ],
  }
  const frame = generatorOf(clientMessageSchema, known)
  const helloFrame = generatorOf(helloSchema, known)
  const bodies = await bodyExamples(stage)
  const paths = readPaths(stage)

  const raw = async (random: Random, bytes: string | Buffer): Promise<RawAnswer> => {
    const address = addressOf(random)
    const answer = await unlessItHangs(() => sendRaw(port, bytes, address))
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    const isWait = answer.status === 503 && /\nretry-after: /i.test(answer.body)
    if (answer.status >= 500 && !isWait) {
      throw new Error(`${answer.body}\n— was the answer to —\n${bytes.toString().slice(0, 2_000)}`)
    }
    return answer
  }

  const request = (
    line: string,
    headers: readonly string[],
    body: string | Buffer = '',
  ): Buffer => {
    const head = [`${line} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers]
    if (body.length > 0) head.push(`Content-Length: ${Buffer.byteLength(body)}`)
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
  }

  const authorized = (owner: Example['owner']): string =>
    `Authorization: ${stage[owner].headers['authorization']}`

  const byExpendable = (): string => `Authorization: Bearer ${expendable.bearer}`

  const socketOf = (random: Random, path: string, protocols: string[], token?: string) =>
    new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, {
      localAddress: addressOf(random),
      headers: { host, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    })

  return {
    'native frames': async (random) => {
      const frames = Array.from({ length: FRAMES_EACH }, () =>
        random.chance(0.1) ? JSON.stringify(frame(random)) : mutatedText(random, frame(random)),
      )
      const opening = () => socketOf(random, '/ws', ['netra.v1'])
      await say(opening, [JSON.stringify(hello(eve.token)), ...frames], random)
      return frames.length
    },
    'hello frames': async (random) => {
      const path = random.of(['/ws', '/websocket'])
      const first = helloFrame(random) as object
      const withToken = random.chance(0.6)
        ? { ...first, token: eve.token, ticket: undefined }
        : first
      await say(
        () => socketOf(random, path, ['netra.v1']),
        [mutatedText(random, withToken)],
        random,
      )
      return 1
    },
    'classic frames': async (random) => {
      const path = random.of(['/ws', '/websocket'])
      const frames = Array.from({ length: FRAMES_EACH }, () =>
        mutatedText(random, random.of(CLASSIC_EXAMPLES)),
      )
      await say(() => socketOf(random, path, [], eve.token), frames, random)
      return frames.length
    },
    'HTTP bodies': async (random) => {
      const example = random.of(bodies)
      const body = mutatedText(random, example.body)
      const headers = Object.entries(example.headers ?? {}).map(
        ([name, value]) => `${name}: ${value}`,
      )
      const bytes = request(
        `${example.method} ${example.path}`,
        [
          ...(example.headers?.['authorization'] ? [] : [authorized(example.owner)]),
          'Content-Type: application/json',
          ...headers,
        ],
        body,
      )
      await raw(random, bytes)
      return 1
    },
    headers: async (random) => {
      const name = random.of([
        'Authorization',
        'Cookie',
        'Content-Type',
        'Origin',
        'Host',
        'Accept',
        'Last-Event-ID',
        'Sec-Fetch-Site',
        'X-Forwarded-For',
        'X-E2E-Bypass-Key',
        'Content-Length',
        'Transfer-Encoding',
        'Expect',
        'Range',
        'If-None-Match',
        'Traceparent',
      ])
      const good = random.of([
        `Bearer ${expendable.bearer}`,
        eve.cookie,
        'application/json; charset=utf-8',
        'multipart/form-data; boundary=b',
        netra.url,
        '5',
        'bytes=0-5',
        'text/event-stream',
        `thread:${talk.thread}|${talk.position}`,
      ])
      const value = headerText(random, misspelt(random, good))
      const others = random.chance(0.5) && name !== 'Authorization' ? [byExpendable()] : []
      const line = random.chance(0.6)
        ? `GET ${random.of(paths)}`
        : `${random.of(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'BREW'])} ${random.of(paths)}`
      await raw(random, request(line, [`${name}: ${value}`, ...others]))
      return 1
    },
    upgrades: async (random) => {
      const protocols = random.of([
        'netra.v1',
        `netra.v1, jwt.${Buffer.from(ada.token).toString('base64url')}`,
        `jwt-auth, jwt.${Buffer.from(ada.token).toString('base64url')}`,
        'jwt.',
        'jwt-auth',
      ])
      const bytes = request(`GET ${random.of(['/ws', '/websocket', '/ws/test', '/ws?token=x'])}`, [
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Version: ${random.of(['13', '13', '13', '8', 'x'])}`,
        `Sec-WebSocket-Key: ${random.of(['dGhlIHNhbXBsZSBub25jZQ==', 'x', ''])}`,
        `Sec-WebSocket-Protocol: ${headerText(random, random.chance(0.3) ? protocols : misspelt(random, protocols))}`,
        ...(random.chance(0.3)
          ? [`Authorization: ${headerText(random, misspelt(random, `Bearer ${ada.token}`))}`]
          : []),
        ...(random.chance(0.3)
          ? [`Cookie: ${headerText(random, misspelt(random, ada.cookie))}`]
          : []),
        ...(random.chance(0.3)
          ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99']
          : []),
      ])
      await raw(random, bytes)
      return 1
    },
    'query strings': async (random) => {
      const path = random.of(paths)
      const name = random.of([
        'limit',
        'offset',
        'q',
        'before',
        'archived',
        'format',
        'stream',
        'position',
        'thread_id',
        'device',
        'instance',
        'user',
        'provider',
        'return_to',
        '__proto__',
      ])
      const value = random.of([
        encodeURIComponent(JSON.stringify(mutatedText(random, random.of(known.texts)))).slice(
          0,
          6_000,
        ),
        encodeURIComponent(random.of(known.texts)),
        '%',
        '%00',
        '%ff',
        '-1',
        '1e9',
        '',
        'NaN',
        '9007199254740993',
        '%F0%9F',
        '&&=&',
        '[]',
        `${name}[a]=1`,
      ])
      const shape = random.of([
        `${name}=${value}`,
        `${name}=${value}&${name}=1`,
        `${name}[]=${value}`,
        `${name}[__proto__]=${value}`,
        value,
      ])
      const other = random.chance(0.5)
        ? `&stream=thread:${talk.thread}&thread_id=${talk.thread}`
        : ''
      await raw(
        random,
        request(`GET ${path}?${shape}${other}`, [
          authorized('ada'),
          'Accept: application/json, text/event-stream',
        ]),
      )
      return 1
    },
    paths: async (random) => {
      const path = random.of(paths)
      const id = random.of([
        '%00',
        '..%2f..%2f',
        '%ff',
        'x'.repeat(300),
        '%F0%9F%98%80',
        '*',
        '%',
        ':id',
        '__proto__',
      ])
      const changed = random.chance(0.5)
        ? path.replace(/[0-9a-f-]{36}|assistant|something/, id)
        : misspelt(random, path)
      const line = `${random.of(['GET', 'GET', 'DELETE', 'POST', 'PUT'])} ${headerText(random, changed).replaceAll(/[\s]/g, '+')}`
      await raw(random, request(line, [byExpendable()]))
      return 1
    },
    uploads: async (random) => {
      const table = `name,${random.hex(4)}\n${random.of(['a,1\n', '"a,1\n', 'a;1;2\n', '\0\n', '=1+1,2\n', '\ufeffa,b\n', 'ä,ö\n'])}`
      const part = [
        '--b',
        `content-disposition: form-data; name="file"; filename="${random.of(['t.csv', '../../x.csv', 'a"b.csv', 'x'.repeat(400), '\0.csv', 'ü.csv', ''])}"`,
        `content-type: ${random.of(['text/csv', 'text/html', 'x', 'application/json'])}`,
        '',
        random.chance(0.5) ? misspelt(random, table) : table,
        '--b--',
        '',
      ].join('\r\n')
      const body = random.chance(0.6) ? misspelt(random, part) : part
      const type = random.of([
        'multipart/form-data; boundary=b',
        'multipart/form-data; boundary="b"',
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'multipart/mixed; boundary=b',
        `multipart/form-data; boundary=${'b'.repeat(200)}`,
      ])
      await raw(
        random,
        request('POST /api/files', [authorized('ada'), `Content-Type: ${type}`], Buffer.from(body)),
      )
      return 1
    },
    'tokens and cookies': async (random) => {
      const [head = '', claims = '', signature = ''] = ada.token.split('.')
      const mutatedPart = (part: string): string =>
        Buffer.from(
          mutatedText(random, JSON.parse(Buffer.from(part, 'base64url').toString())),
        ).toString('base64url')
      const token = random.of([
        () => `${mutatedPart(head)}.${claims}.${signature}`,
        () => `${head}.${mutatedPart(claims)}.${signature}`,
        () => `${mutatedPart(head)}.${mutatedPart(claims)}.`,
        () => misspelt(random, ada.token),
        () => `netra_${random.hex(40)}`,
      ])()
      const shown = headerText(random, token)
      const show = random.chance(0.6)
        ? `Authorization: Bearer ${shown}`
        : `Cookie: ${headerText(random, misspelt(random, ada.cookie))}`
      const answer = await raw(random, request('GET /auth/me', [show]))
      if (
        answer.status === 200 &&
        show.startsWith('A') &&
        shown !== ada.token &&
        shown.trim() !== ada.token
      ) {
        throw new Error(`a token that was changed was taken: ${shown}`)
      }
      return 1
    },
    'no HTTP at all': async (random) => {
      const line = request(`GET ${random.of(paths)}`, [byExpendable()]).toString('latin1')
      const bytes = Buffer.from(misspelt(random, line), 'latin1')
      await torn(port, bytes, addressOf(random))
      return 1
    },
  }
}

/** What cannot stand in a header would end the request instead of being its value. */
const headerText = (random: Random, text: string): string =>
  random.chance(0.05)
    ? text.slice(0, 12_000)
    : // oxlint-disable-next-line no-control-regex -- exactly those
      text.replaceAll(/[\u0000-\u001f\u007f]/g, '').slice(0, 12_000)

/** Bytes that may be no request: whatever they are, the connection ends when its client ends it. */
function torn(port: number, bytes: Buffer, localAddress: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress })
    const timer = setTimeout(() => socket.destroy(), 100)
    let text = ''
    socket.on('connect', () => socket.end(bytes))
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      if (/^HTTP\/1\.1 50[0-24-9]/.test(text)) throw new Error(text)
      resolve()
    })
  })
}

/** Says all of it; then the socket must answer a ping or have been closed, soon. */
function say(open: () => WebSocket, frames: readonly string[], random: Random): Promise<void> {
  const isBinary = random.chance(0.05)
  return unlessItHangs(() => saidOnce(open(), frames, isBinary))
}

function saidOnce(socket: WebSocket, frames: readonly string[], isBinary: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.terminate()
      reject(
        new Hang(
          `neither an answer nor a close within ${HANG_MS} ms to: ${frames.join('\n').slice(0, 4_000)}`,
        ),
      )
    }, HANG_MS)
    socket.on('open', () => {
      for (const frame of frames) socket.send(frame, { binary: isBinary })
      socket.ping()
    })
    const finish = (): void => {
      clearTimeout(timer)
      socket.terminate()
      resolve()
    }
    socket.on('pong', () => {
      // What was said before has been read by now; a close of the server's comes of itself.
      setTimeout(finish, 5)
    })
    socket.on('close', (code) => {
      clearTimeout(timer)
      if (code === 4008 || code === 1011) {
        reject(new Error(`closed with ${code} after: ${frames.join('\n').slice(0, 4_000)}`))
      } else resolve()
    })
    socket.on('unexpected-response', (_request, response) => {
      if ((response.statusCode ?? 0) >= 500 && response.statusCode !== 503)
        reject(new Error(`upgrade: ${response.statusCode}`))
      finish()
    })
    socket.on('error', () => undefined)
  })
}
