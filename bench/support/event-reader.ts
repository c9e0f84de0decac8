import type { WebSocket } from 'ws'

const ACK_EVERY = { bytes: 64 * 1024, events: 128, ms: 250 }

interface Frame {
  type: string
  seq: number
  event: { text: string }
}

/** One connection's reader: its stream must be contiguous, whoever sends it. */
export class EventReader {
  readonly #stream: string | undefined
  readonly #onEvent: ((event: Frame['event']) => void) | undefined
  seq = 0
  /** While true nothing is acknowledged. */
  silent = false
  #bytes = 0
  #ackedBytes = 0
  #ackedSeq = 0

  /** Only a reader with a stream acknowledges, as PROTOCOL.md asks. */
  constructor(stream?: string, onEvent?: (event: Frame['event']) => void) {
    this.#stream = stream
    this.#onEvent = onEvent
  }

  /** Bytes of all frames so far. */
  get bytes(): number {
    return this.#bytes
  }

  readonly take = (data: Buffer, socket: WebSocket): void => {
    this.#bytes += data.length
    const frames: Frame | Frame[] = JSON.parse(data.toString())
    for (const frame of Array.isArray(frames) ? frames : [frames]) {
      if (frame.type !== 'event') continue
      if (frame.seq !== this.seq + 1) throw new Error(`${frame.seq} after ${this.seq}`)
      this.seq = frame.seq
      this.#onEvent?.(frame.event)
    }
    const due =
      this.seq - this.#ackedSeq >= ACK_EVERY.events ||
      this.#bytes - this.#ackedBytes >= ACK_EVERY.bytes
    if (due) this.acknowledge(socket)
  }

  /** Acknowledges on time too, until the socket closes. */
  acknowledgeEvery(socket: WebSocket): void {
    const timer = setInterval(() => this.acknowledge(socket), ACK_EVERY.ms)
    socket.once('close', () => clearInterval(timer))
  }

  acknowledge(socket: WebSocket): void {
    if (this.#stream === undefined || this.silent || this.#bytes === this.#ackedBytes) return
    this.#ackedBytes = this.#bytes
    this.#ackedSeq = this.seq
    const positions = { [this.#stream]: `bench:${this.seq}` }
    socket.send(JSON.stringify({ type: 'ack', positions, bytes: this.#bytes }))
  }
}

const PATIENCE_MS = 60_000

/**
 * Resolves once each of them has read exactly so far, all alike or each as its own number says.
 *
 * @throws when that takes longer than a minute, or one has read more.
 */
export async function untilRead(
  readers: readonly EventReader[],
  through: number | readonly number[],
): Promise<void> {
  const target = (index: number): number =>
    typeof through === 'number' ? through : (through[index] ?? 0)
  const started = performance.now()
  while (readers.some(({ seq }, index) => seq < target(index))) {
    if (performance.now() - started > PATIENCE_MS) {
      const behind = readers.filter(({ seq }, index) => seq < target(index)).length
      throw new Error(`${behind} of ${readers.length} readers never read all`)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const beyond = readers.findIndex(({ seq }, index) => seq !== target(index))
  if (beyond >= 0)
    throw new Error(`a reader came to ${readers[beyond]?.seq}, not ${target(beyond)}`)
}
