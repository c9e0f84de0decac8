import { expect, test } from 'vitest'

import { userIdSchema } from './ids.ts'
import { parseStreamName, streamNameSchema, threadStream, userStream } from './stream-name.ts'

const FORMS = [
  '018f3a52-7b1c-7c3d-9e4f-5a6b7c8d9e0f',
  '105945071276563412345',
  '123456789012345',
  'google-oauth2|1059450712765634',
  'user:with:colons',
  'ä 漢 😀 spaces\nand lines',
  'x'.repeat(128),
]

test.each(FORMS)('a user id may be %j, and stays the text it is', (id) => {
  expect(userIdSchema.parse(id)).toBe(id)
  expect(streamNameSchema.parse(userStream(id))).toBe(`user:${id}`)
  expect(parseStreamName(userStream(id))).toEqual({ kind: 'user', id })
})

test('an id has 1 to 128 characters and is text', () => {
  expect(userIdSchema.safeParse('').success).toBe(false)
  expect(userIdSchema.safeParse('x'.repeat(129)).success).toBe(false)
  expect(userIdSchema.safeParse(105945071276563).success).toBe(false)
})

test('a stream is a thread or a user, by id', () => {
  expect(parseStreamName(threadStream('t1'))).toEqual({ kind: 'thread', id: 't1' })
  for (const text of ['', 'thread:', 'thread', 'run:1', 'Thread:1', `user:${'x'.repeat(129)}`]) {
    expect(parseStreamName(text)).toBeUndefined()
  }
})
