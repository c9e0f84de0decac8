import { expect, test } from 'vitest'

import { TestClock } from '../platform/testing-clock.ts'
import { Batch } from './batch.ts'

function start() {
  const clock = new TestClock()
  const sent: number[][] = []
  const batch = new Batch<number>({
    clock,
    delayMs: 1_000,
    send: async (items) => {
      sent.push([...items])
      return 'sent'
    },
    count: () => undefined,
  })
  return { clock, batch, sent }
}

const settle = () => new Promise((resolve) => void setImmediate(resolve))

test('after a flush that had nothing to send, what comes is sent by its timer as before', async () => {
  const { clock, batch, sent } = start()
  await batch.flush()
  batch.add(1)
  batch.add(2)
  clock.advance(1_000)
  await settle()
  expect(sent).toEqual([[1, 2]])
})

test('what comes in any moment of a flush is sent', async () => {
  for (let moment = 0; moment < 10; moment += 1) {
    const { clock, batch, sent } = start()
    batch.add(1)
    const flushed = batch.flush()
    for (let turn = 0; turn < moment; turn += 1) await Promise.resolve()
    batch.add(2)
    await flushed
    clock.advance(1_000)
    await settle()
    expect(sent.flat(), `after ${moment} turns`).toEqual([1, 2])
  }
})
