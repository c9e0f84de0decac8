import { connect, type Socket } from 'node:net'

const END_OF_HEAD = '\r\n\r\n'
const LIVE = Buffer.from('"type":"live"')

/** What a client sends, made beforehand so that the crowd itself costs little. */
export interface Script {
  port: number
  /** Its end of the connection: an address of loopback. */
  address: string
  /** The request for the upgrade. */
  upgrade: string
  /** A masked frame that follows it; without one the client has arrived with the upgrade. */
  hello?: Buffer
}

/** A client of a few lines: a real one would cost more than the server that is measured. */
export class RawClient {
  readonly #script: Script
  readonly #chunks: Buffer[] = []
  readonly #socket: Socket
  /** Undefined until it has arrived. */
  arrivedAt: number | undefined

  constructor(script: Script, arrived: () => void) {
    this.#script = script
    this.#socket = connect({
      host: '127.0.0.1',
      port: script.port,
      localAddress: script.address,
      noDelay: true,
    })
    this.#socket.on('connect', () => this.#socket.write(script.upgrade))
    this.#socket.on('error', (error) => this.#fail(error.message))
    this.#socket.on('close', () => this.#fail('the server closed'))
    this.#socket.on('data', (data: Buffer) => this.#take(data, arrived))
  }

  #take(data: Buffer, arrived: () => void): void {
    if (this.arrivedAt !== undefined) return
    const upgraded = this.#chunks.length > 0
    this.#chunks.push(data)
    const { hello } = this.#script
    if (!upgraded && hello) this.#socket.write(hello)
    if (hello ? !data.includes(LIVE) : !data.includes(END_OF_HEAD)) return
    this.arrivedAt = performance.now()
    arrived()
  }

  #fail(why: string): void {
    if (this.arrivedAt === undefined) throw new Error(`${why}: ${this.#text().slice(0, 300)}`)
  }

  #text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  leave(): void {
    this.#socket.destroy()
  }

  /** The messages that came after the upgrade, in order. @throws when it was refused. */
  messages(): { type: string; seq?: number; position?: string }[] {
    const all = Buffer.concat(this.#chunks)
    const end = all.indexOf(END_OF_HEAD) + END_OF_HEAD.length
    const head = all.subarray(0, end).toString()
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head)
    return framesOf(all.subarray(end)).flatMap((text) => JSON.parse(text))
  }
}

/** Texts of whole, unmasked frames (RFC 6455, 5.2). */
function framesOf(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = bytes.readUInt8(at + 1)
    const [header, length] =
      short < 126
        ? [2, short]
        : short === 126
          ? [4, bytes.readUInt16BE(at + 2)]
          : [10, Number(bytes.readBigUInt64BE(at + 2))]
    texts.push(bytes.toString('utf8', at + header, at + header + length))
    at += header + length
  }
  return texts
}

/** A client's frame; the mask is all zeros, which is a mask like any other. */
export function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(8)
  header.writeUInt8(0x81, 0)
  header.writeUInt8(0x80 | 126, 1)
  header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, payload])
}
