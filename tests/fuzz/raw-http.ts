import { connect } from 'node:net'

export interface RawAnswer {
  /** 0 when the connection was closed without a word. */
  status: number
  body: string
  ms: number
}

/** Above this a server hangs. */
export const HANG_MS = 5_000

/** No answer in time: of a busy machine perhaps, so it is asked once more what it was asked. */
export class Hang extends Error {}

/** @throws when it hangs every time. */
export async function unlessItHangs<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Hang) || attempt === 4) throw error
    }
  }
}

/** Bytes as they are: what no client library would send. @throws when no answer and no end comes. */
export function sendRaw(port: number, bytes: string | Buffer, address: string): Promise<RawAnswer> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: address })
    const pieces: Buffer[] = []
    const timer = setTimeout(() => {
      socket.destroy()
      const text = Buffer.concat(pieces).toString()
      // What has begun has answered: a stream goes on by design, a large archive takes its time.
      if (/^HTTP\/1\.1 \d{3} /.test(text)) return finish()
      reject(new Hang(`no answer within ${HANG_MS} ms to: ${bytes.toString().slice(0, 300)}`))
    }, HANG_MS)
    const finish = (): void => {
      clearTimeout(timer)
      const text = Buffer.concat(pieces).toString()
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0)
      resolve({ status, body: text, ms: performance.now() - begun })
    }
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece)
      if (/^HTTP\/1\.1 (?:200[^]*text\/event-stream|101)/.test(piece.toString('latin1')))
        socket.destroy()
    })
    socket.on('close', finish)
    socket.on('error', () => undefined)
  })
}
