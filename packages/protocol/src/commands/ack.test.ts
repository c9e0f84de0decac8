import fc from 'fast-check'
import { expect, test } from 'vitest'

import { ackSchema, plainAck } from './ack.ts'

const stream = fc.oneof(
  fc
    .tuple(fc.constantFrom('thread', 'user', 'file', ''), fc.string())
    .map(([kind, id]) => `${kind}:${id}`),
  fc.string(),
)
const position = fc.oneof(
  fc.tuple(fc.string(), fc.nat()).map(([epoch, seq]) => `${epoch}:${seq}`),
  fc.string(),
  fc.anything(),
)
const ack = fc.record({
  type: fc.constantFrom('ack', 'pong'),
  positions: fc.oneof(fc.dictionary(stream, position), fc.anything()),
  bytes: fc.oneof(fc.nat(), fc.integer(), fc.double(), fc.anything()),
})

test('what is taken without the schema is what the schema takes', () => {
  const wronglyTaken = fc.check(
    fc.property(ack, (value) => {
      const plain = plainAck(value)
      return !plain || ackSchema.safeParse(value).success
    }),
    { numRuns: 2_000 },
  )
  expect(wronglyTaken.counterexample).toBeNull()
})

test('an acknowledgement as clients write it needs no schema', () => {
  const value = { type: 'ack', positions: { 'thread:t': 'e:12', 'user:u': 'e:0' }, bytes: 900 }
  expect(plainAck(value)).toEqual(value)
})
