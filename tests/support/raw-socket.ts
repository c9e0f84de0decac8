import { WebSocket, type ClientOptions } from 'ws'

export interface Frame {
  type: string
  [field: string]: unknown
}

/** A socket without an SDK: says exactly what a test wants it to say. */
export interface RawSocket extends Disposable {
  frames: Frame[]
  /** All frame bytes received so far. */
  readonly bytes: number
  /** Resolves with the close code and reason. */
  closed: Promise<{ code: number; reason: string }>
  send(message: unknown): void
  /** The first frame that fits, past or to come. */
  next(fits: (frame: Frame) => boolean): Promise<Frame>
}

/** @throws with the HTTP status when the upgrade is refused. */
export async function openSocket(
  url: string,
  options: ClientOptions & { path?: string; protocols?: string[] } = {},
): Promise<RawSocket> {
  const { path = '/ws', protocols = ['netra.v1'], ...rest } = options
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, protocols, rest)
  const frames: Frame[] = []
  let bytes = 0
  const waiting = new Set<() => void>()
  socket.on('message', (data: Buffer) => {
    bytes += data.length
    frames.push(...([JSON.parse(data.toString())].flat() as Frame[]))
    for (const look of waiting) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, response) => {
      reject(new Error(`refused with ${response.statusCode}`))
    })
    socket.on('error', reject)
  })
  return {
    frames,
    get bytes() {
      return bytes
    },
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next(fits) {
      return new Promise((resolve) => {
        const look = () => {
          const found = frames.find(fits)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      })
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

let instances = 0

export const hello = (token: string, more: Record<string, unknown> = {}) => ({
  type: 'hello',
  protocol: 1,
  device: 'test-device',
  instance: `instance-${++instances}`,
  token,
  resume: [],
  ...more,
})

/** A socket that has been let in by its token. */
export async function welcomedSocket(url: string, token: string): Promise<RawSocket> {
  const socket = await openSocket(url)
  socket.send(hello(token))
  await socket.next(({ type }) => type === 'welcome')
  return socket
}
