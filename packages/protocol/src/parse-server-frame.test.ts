import { expect, test } from 'vitest'

import { emptyThreadState } from './fold/thread-state.ts'
import { emptyUserState } from './fold/user-state.ts'
import { parseServerFrame } from './parse-server-frame.ts'

const delta = { type: 'message_delta', run_id: 'r', message_id: 'm', part: 0, offset: 0, text: 'x' }
const frame = (stream: string, event: unknown, seq: unknown = 1) => ({
  type: 'event',
  stream,
  seq,
  event,
})

test('a frame is one message or several, in order', () => {
  const one = parseServerFrame(JSON.stringify({ type: 'pong', nonce: 'a' }))
  expect(one).toEqual({ ok: true, messages: [{ type: 'pong', nonce: 'a' }], ignored: [] })
  const many = parseServerFrame(
    JSON.stringify([
      { type: 'pong', nonce: 'a' },
      frame('thread:t', delta),
      { type: 'pong', nonce: 'b' },
    ]),
  )
  expect(many).toMatchObject({
    ok: true,
    messages: [{ nonce: 'a' }, { seq: 1, event: delta }, { nonce: 'b' }],
  })
})

test('an event of a later version keeps its place and loses its content', () => {
  const parsed = parseServerFrame(
    JSON.stringify(frame('thread:t', { type: 'sang', text: 'la' }, 9)),
  )
  expect(parsed).toMatchObject({
    ok: true,
    messages: [{ seq: 9, event: { type: 'unknown', of: 'sang' } }],
  })
})

test('a message of a later version is ignored by name', () => {
  const parsed = parseServerFrame('[{"type":"weather"},{"type":"pong","nonce":"a"}]')
  expect(parsed).toMatchObject({ ok: true, messages: [{ type: 'pong' }], ignored: ['weather'] })
})

const snapshot = (stream: string, state: unknown) =>
  parseServerFrame(
    JSON.stringify({ type: 'snapshot', stream, position: 'e:4', why: 'compacted', state }),
  )

test('a snapshot is the state of its kind of stream', () => {
  expect(snapshot('thread:t', emptyThreadState())).toMatchObject({ ok: true })
  expect(snapshot('user:u', emptyUserState())).toMatchObject({ ok: true })
  expect(snapshot('thread:t', emptyUserState())).toMatchObject({ ok: false })
})

test.each([
  'not json',
  '{"type":"event"}',
  '{"type":"pong"}',
  '[7]',
  JSON.stringify(frame('thread:t', delta, 0)),
  JSON.stringify(frame('thread:t', delta, '1')),
  JSON.stringify(frame('thread:t', { ...delta, offset: -1 })),
  JSON.stringify(frame('other:t', delta)),
])('%s is refused with a reason', (text) => {
  const parsed = parseServerFrame(text)
  expect(parsed.ok ? '' : parsed.message).toMatch(/.+/)
})
