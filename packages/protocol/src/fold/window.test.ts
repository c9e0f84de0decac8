import { expect, test } from 'vitest'

import type { ThreadEvent } from '../events/thread-event.ts'
import { utf8Length } from '../json-shape.ts'
import { accepted, threadEvent } from '../testing/events.ts'
import { foldThread } from './fold-thread.ts'
import { emptyThreadState } from './thread-state.ts'
import { snapshotOfThread, windowThread } from './window.ts'

const question = (id: string, text = 'q'): ThreadEvent =>
  threadEvent('message_added', {
    message_id: id,
    parent_message_id: null,
    role: 'user',
    content: [{ type: 'text', text }],
    attachments: [],
    run_id: null,
  })

const fold = (events: ThreadEvent[]) => events.reduce(foldThread, emptyThreadState())
const questions = (count: number, text?: string) =>
  Array.from({ length: count }, (_, index) => question(`q${index}`, text))

test('a window holds the last messages, and `before` leads to the older ones', () => {
  const state = fold(questions(60))
  const window = windowThread(state)
  expect(window.messages).toHaveLength(50)
  expect(window.before).toBe('q10')
  expect(windowThread(fold(questions(50))).before).toBeNull()
})

test('an open run stays in the window however old its question is', () => {
  const state = windowThread(fold([accepted('open'), ...questions(60)]))
  expect(state.runs.map((run) => run.id)).toEqual(['open'])
})

test('a snapshot is at most 200 KB: fewer messages first', () => {
  const snapshot = snapshotOfThread(fold(questions(60, 'x'.repeat(10_000))))
  expect(utf8Length(JSON.stringify(snapshot))).toBeLessThanOrEqual(200 * 1024)
  expect(snapshot.messages.length).toBeGreaterThan(5)
  expect(snapshot.before).not.toBeNull()
})

test('then the largest tool results are left out, and each says so', () => {
  const calls = Array.from({ length: 12 }, (_, index) =>
    threadEvent('tool_completed', {
      tool_call_id: `c${index}`,
      tool_name: 'sql',
      status: 'ok',
      result: 'x'.repeat(index === 3 ? 10 : 30_000),
      duration_ms: 1,
    }),
  )
  const snapshot = snapshotOfThread(fold([accepted(), ...calls]))
  expect(utf8Length(JSON.stringify(snapshot))).toBeLessThanOrEqual(200 * 1024)
  expect(snapshot.tool_calls).toHaveLength(12)
  const omitted = snapshot.tool_calls.filter((call) => call.result_omitted)
  expect(omitted.every((call) => call.result === null)).toBe(true)
  expect(omitted.length).toBeLessThan(12)
  expect(snapshot.tool_calls[3]?.result_omitted).toBe(false)
})
