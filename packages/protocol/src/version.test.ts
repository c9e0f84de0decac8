import { createHash } from 'node:crypto'

import { expect, test } from 'vitest'
import { z } from 'zod'

import { CLOSE_CODES } from './close-codes.ts'
import { clientMessageSchema } from './commands/client-message.ts'
import { threadEventSchema } from './events/thread-event.ts'
import { userEventSchema } from './events/user-event.ts'
import { threadStateSchema } from './fold/thread-state.ts'
import { userStateSchema } from './fold/user-state.ts'
import { serverMessageSchema } from './frames/server-message.ts'
import {
  isServedVersion,
  OLDEST_SERVED_VERSION,
  PROTOCOL_VERSION,
  VERSION_HISTORY,
} from './version.ts'

/** The wire as of `version`. Never change an entry that was released; add the next. */
const HELD = { version: 1, hash: 'd7e42c9677705ff3' }

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

const wire = {
  client: clientMessageSchema,
  server: serverMessageSchema,
  thread_event: threadEventSchema,
  user_event: userEventSchema,
  thread_state: threadStateSchema,
  user_state: userStateSchema,
}

const hashOfWire = (): string => {
  const schemas = Object.entries(wire).map(([name, schema]) => [
    name,
    z.toJSONSchema(schema, { io: 'input' }),
  ])
  const codes = Object.entries(CLOSE_CODES).map(([code, entry]) => [code, entry.name])
  const text = JSON.stringify(sorted({ schemas, codes }))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

test('the wire is what its version says', () => {
  expect(
    { version: PROTOCOL_VERSION, hash: hashOfWire() },
    `A message, event, state or close code changed. Before the first release: set HELD.hash in version.test.ts to the new hash. After it: raise PROTOCOL_VERSION in version.ts, add a line to VERSION_HISTORY that says what changed, move OLDEST_SERVED_VERSION to the version before, and set HELD to both.`,
  ).toEqual(HELD)
})

test('the history has one line per version and ends with the present one', () => {
  expect(VERSION_HISTORY.map((entry) => entry.version)).toEqual(
    Array.from({ length: PROTOCOL_VERSION }, (_, index) => index + 1),
  )
})

test('this version and at most the one before are served', () => {
  expect(isServedVersion(PROTOCOL_VERSION)).toBe(true)
  expect(isServedVersion(PROTOCOL_VERSION + 1)).toBe(false)
  expect(isServedVersion(0)).toBe(false)
  expect(PROTOCOL_VERSION - OLDEST_SERVED_VERSION).toBeLessThanOrEqual(1)
})
