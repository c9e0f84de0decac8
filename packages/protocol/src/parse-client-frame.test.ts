import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { CLIENT_MESSAGE_TYPES, type ClientMessageInput } from './commands/client-message.ts'
import { parseClientFrame } from './parse-client-frame.ts'

const EXAMPLES: Record<ClientMessageInput['type'], ClientMessageInput> = {
  hello: {
    type: 'hello',
    protocol: 1,
    device: 'd',
    instance: 'i',
    resume: [{ stream: 'user:1', position: null }],
  },
  subscribe: { type: 'subscribe', id: '1', stream: 'thread:t', position: 'e:4' },
  unsubscribe: { type: 'unsubscribe', id: '1', stream: 'thread:t', position: 'e:4' },
  send_message: {
    type: 'send_message',
    id: '1',
    client_message_id: 'c',
    thread_id: null,
    content: [{ type: 'text', text: 'hi' }],
  },
  regenerate: {
    type: 'regenerate',
    id: '1',
    client_message_id: 'c',
    thread_id: 't',
    message_id: 'm',
  },
  cancel_run: { type: 'cancel_run', id: '1', run_id: 'r' },
  decide: { type: 'decide', id: '1', run_id: 'r', tool_call_id: 'c', approved: true, fence: 1 },
  ack: { type: 'ack', positions: { 'thread:t': 'e:4' }, bytes: 12 },
  authenticate: { type: 'authenticate', token: 'x' },
  ping: { type: 'ping', nonce: 'n' },
  pong: { type: 'pong', nonce: 'n' },
}

test.each(CLIENT_MESSAGE_TYPES)('%s is read', (type) => {
  expect(parseClientFrame(JSON.stringify(EXAMPLES[type]))).toMatchObject({
    ok: true,
    message: EXAMPLES[type],
  })
})

test('a field that this version does not know is ignored', () => {
  const parsed = parseClientFrame('{"type":"ping","nonce":"n","later":{"a":1}}')
  expect(parsed).toEqual({ ok: true, message: { type: 'ping', nonce: 'n' } })
})

test('what is absent from a hello or a subscribe means from the beginning', () => {
  expect(parseClientFrame('{"type":"subscribe","id":"1","stream":"thread:t"}')).toMatchObject({
    message: { position: null },
  })
  const hello = parseClientFrame('{"type":"hello","protocol":1,"device":"d","instance":"i"}')
  expect(hello).toMatchObject({ message: { resume: [] } })
})

test('a hello of a later version is read: the server answers 4505, not 4500', () => {
  const hello = parseClientFrame('{"type":"hello","protocol":99,"device":"d","instance":"i"}')
  expect(hello).toMatchObject({ ok: true, message: { protocol: 99 } })
})

test.each([
  ['', 'malformed'],
  ['{', 'malformed'],
  ['null', 'malformed'],
  ['7', 'malformed'],
  ['[]', 'malformed'],
  ['[{"type":"ping","nonce":"n"}]', 'malformed'],
  ['{}', 'malformed'],
  ['{"type":1}', 'malformed'],
  ['{"type":"shout","id":"7"}', 'unknown_type'],
  ['{"type":"toString"}', 'unknown_type'],
  ['{"type":"__proto__"}', 'unknown_type'],
  ['{"type":"ping"}', 'malformed'],
  ['{"type":"ping","nonce":"n","__proto__":{"admin":true}}', 'malformed'],
  ['{"type":"ping","nonce":"n","a":[{"constructor":{"prototype":{}}}]}', 'malformed'],
  [
    '{"type":"send_message","id":"1","client_message_id":"c","thread_id":null,"content":[]}',
    'malformed',
  ],
  ['{"type":"ack","positions":{"run:1":"e:1"},"bytes":1}', 'malformed'],
  ['{"type":"ack","positions":{"thread:1":"garbage"},"bytes":1}', 'malformed'],
  ['{"type":"ack","positions":{},"bytes":-1}', 'malformed'],
])('%s is refused as %s', (text, code) => {
  expect(parseClientFrame(text)).toMatchObject({ ok: false, code })
})

test('a refusal carries the id of the message it refuses', () => {
  expect(parseClientFrame('{"type":"shout","id":"7"}')).toMatchObject({ id: '7' })
  expect(parseClientFrame('{"type":"cancel_run","id":"8"}')).toMatchObject({ id: '8' })
  expect(parseClientFrame('{"type":"cancel_run","id":8}')).toMatchObject({ id: null })
})

test('a refusal names the field and never repeats what was sent', () => {
  const refused = parseClientFrame('{"type":"authenticate","token":{"s3cret":"t0ken"}}')
  expect(refused.ok ? '' : refused.message).toContain('token:')
  expect(JSON.stringify(refused)).not.toContain('t0ken')
})

const nested = (depth: number) =>
  `{"type":"ping","nonce":"n","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

test('depth up to 32 is read, deeper is refused, however deep', () => {
  expect(parseClientFrame(nested(32))).toMatchObject({ ok: true })
  expect(parseClientFrame(nested(33))).toMatchObject({ ok: false, code: 'malformed' })
  expect(parseClientFrame(nested(30_000))).toMatchObject({ ok: false, code: 'malformed' })
  expect(parseClientFrame(`{"type":"ping","nonce":"\\"${'['.repeat(50)}"}`)).toMatchObject({
    ok: true,
  })
})

test('the limit counts bytes, not characters', () => {
  const text = JSON.stringify({ type: 'ping', nonce: 'n', x: '漢'.repeat(30_000) })
  expect(parseClientFrame(text)).toMatchObject({ ok: false, code: 'too_large' })
  expect(parseClientFrame('{"type":"ping","nonce":"n"}', { maxBytes: 10 })).toMatchObject({
    code: 'too_large',
  })
})

test('no text makes it throw or touches a prototype', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"type":"hello","x":${json}}`),
      ),
      (text) => {
        expect(typeof parseClientFrame(text).ok).toBe('boolean')
      },
    ),
    { numRuns: 500 },
  )
  expect(({} as Record<string, unknown>).admin).toBeUndefined()
})
