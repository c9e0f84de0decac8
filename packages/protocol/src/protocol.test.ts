import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { CLIENT_MESSAGE_TYPES, clientMessageSchema } from './commands/client-message.ts'
import { SERVER_MESSAGE_TYPES, serverMessageSchema } from './frames/server-message.ts'
import * as face from './protocol.ts'

const SRC = new URL('./', import.meta.url).pathname
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing/'),
)

test('the package imports zod and nothing else', () => {
  const foreign = sources.flatMap((file) =>
    [...readFileSync(SRC + file, 'utf8').matchAll(/from '([^']+)'/g)]
      .map((match) => match[1] ?? '')
      .filter((specifier) => specifier !== 'zod' && !specifier.startsWith('.'))
      .map((specifier) => `${file}: ${specifier}`),
  )
  expect(foreign).toEqual([])
})

test('every schema of a message, event or state is public', () => {
  const schemas = sources
    .filter((file) => /^(commands|events|frames)\//.test(file))
    .flatMap((file) =>
      [...readFileSync(SRC + file, 'utf8').matchAll(/export const (\w+Schema)\b/g)].map(
        (match) => match[1] ?? '',
      ),
    )
  expect(schemas.filter((name) => !(name in face))).toEqual([])
})

test('what the package offers besides schemas is this', () => {
  expect(
    Object.keys(face)
      .filter((name) => !name.endsWith('Schema'))
      .toSorted(),
  ).toMatchInlineSnapshot(`
    [
      "ACK_EVERY_BYTES",
      "ACK_EVERY_EVENTS",
      "ACK_EVERY_MS",
      "AGENT_FAILURE_CODES",
      "BACKOFF_MAX_MS",
      "BACKOFF_MIN_MS",
      "CLIENT_MESSAGE_TYPES",
      "CLOSE_CODES",
      "DeltaGap",
      "ERROR_CODES",
      "HEARTBEAT_INTERVAL_MS",
      "HEARTBEAT_TIMEOUT_MS",
      "HELLO_TIMEOUT_MS",
      "MAX_CLIENT_FRAME_BYTES",
      "MAX_ERRORS_PER_MINUTE",
      "MAX_INLINE_RESULT_BYTES",
      "MAX_JSON_DEPTH",
      "MAX_REPLAY_EVENTS",
      "MAX_RESUME_STREAMS",
      "MAX_SNAPSHOT_BYTES",
      "MAX_UNAUTHENTICATED_FRAME_BYTES",
      "OLDEST_SERVED_VERSION",
      "PROTOCOL_VERSION",
      "RETRIES",
      "SERVER_MESSAGE_TYPES",
      "SLOW_CONSUMER_MS",
      "SNAPSHOT_MESSAGES",
      "SUBPROTOCOL",
      "TERMINAL_EVENT_TYPES",
      "VERSION_HISTORY",
      "WINDOW_BYTES",
      "WINDOW_EVENTS",
      "afterClose",
      "checkAnswer",
      "closeCode",
      "comesBack",
      "describeCloseCode",
      "emptyThreadState",
      "emptyUserState",
      "foldThread",
      "foldUser",
      "formatPosition",
      "isServedVersion",
      "isTerminal",
      "isUserEvent",
      "isWebAddress",
      "parseClientFrame",
      "parsePosition",
      "parseServerFrame",
      "parseStreamName",
      "questionProblem",
      "readClientObject",
      "readForm",
      "snapshotOfThread",
      "snapshotOfUser",
      "textOf",
      "threadStream",
      "userStream",
      "utf8Length",
      "windowThread",
    ]
  `)
})

const typesOf = (options: readonly { shape: { type: { value: string } } }[]) =>
  options.map((option) => option.shape.type.value)

test('the lists of types are the types of the unions', () => {
  expect(typesOf(clientMessageSchema.options)).toEqual([...CLIENT_MESSAGE_TYPES])
  expect(typesOf(serverMessageSchema.options)).toEqual([...SERVER_MESSAGE_TYPES])
})
