import { emptyThreadState, threadMessageSchema, type ThreadState } from '@netra/protocol'
import { expect, test } from 'vitest'

import { withOlder } from './older.ts'

const message = (id: string) =>
  threadMessageSchema.parse({
    id,
    role: 'user',
    content: [],
    attachments: [],
    parent_message_id: null,
    run_id: null,
    agent: null,
    status: 'complete',
    usage: null,
    at: null,
  })

const state: ThreadState = {
  ...emptyThreadState(),
  messages: [message('m3')],
  before: message('m3').id,
}

test('older messages come before the window, each once', () => {
  const older = { anchor: 'm3', messages: [message('m1'), message('m3')], before: 'm1' }
  const merged = withOlder(state, older)
  expect(merged.messages.map((item) => item.id)).toEqual(['m1', 'm3'])
  expect(merged.before).toBe('m1')
})

test('what was loaded for another window is not used: there could be a gap', () => {
  expect(withOlder(state, { anchor: 'm2', messages: [message('m1')], before: null })).toBe(state)
})
