import { Duplex } from 'node:stream'

import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'

import { LIMITS } from '../limits.ts'
import { ClassicOutbox } from './classic-outbox.ts'

/** A stream whose other end reads when the test says so. */
class Wire extends Duplex {
  taken = ''
  #waiting: (() => void)[] = []

  override _read(): void {
    // Nothing comes back.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.taken += chunk.toString('latin1')
    this.#waiting.push(done)
  }

  read1(): void {
    for (const done of this.#waiting.splice(0)) done()
  }
}

const message = (size: number) => ({ type: 'pong' as const, pad: 'x'.repeat(size) })
const socket = { OPEN: 1, readyState: 1, terminate: () => undefined } as unknown as WebSocket
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('each message is a frame of its own, in order', async () => {
  const wire = new Wire()
  const outbox = new ClassicOutbox(socket, wire, () => undefined)
  for (const type of ['pong', 'ack', 'error'] as const) outbox.send({ type })
  for (let count = 0; count < 5; count++) {
    await turn()
    wire.read1()
  }
  expect(wire.taken.match(/\{"type":"\w+"\}/g)).toEqual([
    '{"type":"pong"}',
    '{"type":"ack"}',
    '{"type":"error"}',
  ])
  expect(wire.taken).not.toContain('[')
  expect(outbox.unread).toBe(0)
})

test('beyond the window it takes no events, until the reader has read; the room is told', async () => {
  const wire = new Wire()
  let told = 0
  const outbox = new ClassicOutbox(socket, wire, () => {
    told += 1
  })
  expect(outbox.open).toBe(true)
  outbox.send(message(LIMITS.windowBytes))
  expect(outbox.open).toBe(false)
  await turn()
  expect([outbox.open, told]).toEqual([false, 0])
  const { taken } = outbox
  wire.read1()
  await turn()
  expect([outbox.open, told]).toEqual([true, 1])
  expect(outbox.taken).toBeGreaterThan(taken)
})
