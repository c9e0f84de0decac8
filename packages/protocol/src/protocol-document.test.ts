import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { CLOSE_CODES } from './close-codes.ts'
import { CLIENT_MESSAGE_TYPES } from './commands/client-message.ts'
import { AGENT_FAILURE_CODES, ERROR_CODES, RETRIES } from './errors.ts'
import { threadEventSchema } from './events/thread-event.ts'
import { userEventSchema } from './events/user-event.ts'
import { SERVER_MESSAGE_TYPES } from './frames/server-message.ts'
import * as limits from './limits.ts'
import { PROTOCOL_VERSION, SUBPROTOCOL } from './version.ts'

const text = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')

/** The part of the document below a heading. */
const section = (heading: string): string => {
  const start = text.indexOf(`. ${heading}\n`)
  const end = text.indexOf('\n## ', start)
  return text.slice(start, end)
}

/** First cells of a table: `name`. */
const rowsOf = (heading: string): string[] =>
  [...section(heading).matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? '')

const typesOf = (options: readonly { shape: { type: { value: string } } }[]): string[] =>
  options.map((option) => option.shape.type.value)

test('requirements are numbered one after the other, each once', () => {
  const numbers = [...text.matchAll(/^- \*\*P(\d+)\*\*/gm)].map((match) => Number(match[1]))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('the document is of the version that the package speaks', () => {
  expect(text).toContain(`# The Netra protocol, version ${PROTOCOL_VERSION}`)
  expect(text).toContain(SUBPROTOCOL)
})

test('the tables list every message and event, and no other', () => {
  expect(rowsOf('From client to server').toSorted()).toEqual([...CLIENT_MESSAGE_TYPES].toSorted())
  expect(rowsOf('From server to client').toSorted()).toEqual([...SERVER_MESSAGE_TYPES].toSorted())
  expect(rowsOf('Events of a thread')).toEqual(typesOf(threadEventSchema.options))
  expect(rowsOf('Events of a user')).toEqual(typesOf(userEventSchema.options))
})

test('the close codes are those of the package', () => {
  const rows = [...section('Close codes').matchAll(/^\| (\d+) \| `(\w+)` \|/gm)]
  const listed = rows.map((match) => [match[1], match[2]])
  expect(listed).toEqual(Object.entries(CLOSE_CODES).map(([code, { name }]) => [code, name]))
})

test('every code of an error is named', () => {
  const missing = [...ERROR_CODES, ...AGENT_FAILURE_CODES, ...RETRIES].filter(
    (code) => !text.includes(`\`${code}\``),
  )
  expect(missing).toEqual([])
})

test('the numbers are those of the package', () => {
  const numbers = [
    limits.MAX_CLIENT_FRAME_BYTES,
    limits.MAX_UNAUTHENTICATED_FRAME_BYTES,
    limits.WINDOW_BYTES,
    limits.WINDOW_EVENTS,
    limits.ACK_EVERY_BYTES,
    limits.ACK_EVERY_EVENTS,
    limits.ACK_EVERY_MS,
    limits.MAX_JSON_DEPTH,
    limits.MAX_RESUME_STREAMS,
    limits.MAX_REPLAY_EVENTS,
    limits.SNAPSHOT_MESSAGES,
    limits.MAX_ERRORS_PER_MINUTE,
  ]
  expect(numbers.filter((number) => !new RegExp(`\\b${number}`).test(text))).toEqual([])
})
