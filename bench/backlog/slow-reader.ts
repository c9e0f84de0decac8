import { setTimeout as sleep } from 'node:timers/promises'

import type { WebSocket } from 'ws'

import { openBare, openFollower } from '../support/clients.ts'
import { EventReader } from '../support/event-reader.ts'
import type { Follower } from '../support/people.ts'

const QUIET_MS = 300

/** A client that does not read for a while, and then reads everything. */
export class SlowReader {
  readonly reader: EventReader
  readonly #socket: WebSocket
  #bytesBefore = 0

  constructor(reader: EventReader, socket: WebSocket) {
    this.reader = reader
    this.#socket = socket
  }

  /** From now on nothing is read, and so nothing acknowledged. */
  stop(): void {
    this.reader.silent = true
    this.#bytesBefore = this.reader.bytes
    this.#socket.pause()
  }

  /** Reads what had been sent until now, without a word: the bytes of it. */
  async drain(): Promise<number> {
    this.#socket.resume()
    for (let before = -1; before < this.reader.bytes; await sleep(QUIET_MS)) {
      before = this.reader.bytes
    }
    return this.reader.bytes - this.#bytesBefore
  }

  /** Acknowledges again, so that the rest comes. */
  goOn(): void {
    this.reader.silent = false
  }

  leave(): void {
    this.#socket.terminate()
  }
}

export async function slowFollower(port: number, follower: Follower): Promise<SlowReader> {
  const reader = new EventReader(follower.stream)
  const socket = await openFollower(port, follower, reader.take)
  reader.acknowledgeEvery(socket)
  return new SlowReader(reader, socket)
}

export async function slowBare(port: number): Promise<SlowReader> {
  const reader = new EventReader()
  const socket = await openBare(`ws://localhost:${port}/`)
  socket.on('message', (data: Buffer) => reader.take(data, socket))
  return new SlowReader(reader, socket)
}
