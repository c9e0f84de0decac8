import type { WebSocket } from 'ws'

import { answerParent } from '../support/child.ts'
import { inBatches, openBare, openFollower } from '../support/clients.ts'
import type { Follower } from '../support/people.ts'
import type { Follow, ReaderRequest, Variant } from './shape.ts'

const ACK_EVERY = { bytes: 64 * 1024, events: 128, ms: 250 }

interface Frame {
  type: string
  seq: number
}

/** One connection's reader: every stream must be contiguous, whoever sends it. */
class Reader {
  readonly #stream: string | undefined
  seq = 0
  #bytes = 0
  #ackedBytes = 0
  #ackedSeq = 0

  /** Only a reader with a stream acknowledges. */
  constructor(stream?: string) {
    this.#stream = stream
  }

  readonly take = (data: Buffer, socket: WebSocket): void => {
    this.#bytes += data.length
    const frames: Frame | Frame[] = JSON.parse(data.toString())
    for (const frame of Array.isArray(frames) ? frames : [frames]) {
      if (frame.type !== 'event') continue
      if (frame.seq !== this.seq + 1) throw new Error(`${frame.seq} after ${this.seq}`)
      this.seq = frame.seq
    }
    const due =
      this.seq - this.#ackedSeq >= ACK_EVERY.events ||
      this.#bytes - this.#ackedBytes >= ACK_EVERY.bytes
    if (due) this.acknowledge(socket)
  }

  acknowledge(socket: WebSocket): void {
    if (this.#stream === undefined || this.#bytes === this.#ackedBytes) return
    this.#ackedBytes = this.#bytes
    this.#ackedSeq = this.seq
    const positions = { [this.#stream]: `bench:${this.seq}` }
    socket.send(JSON.stringify({ type: 'ack', positions, bytes: this.#bytes }))
  }
}

const readers: Record<Variant, Reader[]> = { netra: [], bare: [] }

async function follow({ port, barePort, followers }: Follow): Promise<void> {
  await inBatches(followers, async (follower) => {
    const reader = new Reader(follower.stream)
    readers.netra.push(reader)
    const socket = await openFollower(port, follower, reader.take)
    setInterval(() => reader.acknowledge(socket), ACK_EVERY.ms)
  })
  await inBatches(followers, async ({ threadId }: Follower) => {
    const reader = new Reader()
    readers.bare.push(reader)
    const socket = await openBare(`ws://localhost:${barePort}/${threadId}`)
    socket.on('message', (data: Buffer) => reader.take(data, socket))
  })
}

const targets: Record<Variant, number> = { netra: 0, bare: 0 }

async function receive(variant: Variant, eventsEach: number): Promise<void> {
  targets[variant] += eventsEach
  const target = targets[variant]
  while (readers[variant].some(({ seq }) => seq < target)) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

answerParent((request: ReaderRequest) =>
  request.kind === 'follow' ? follow(request) : receive(request.variant, request.eventsEach),
)
