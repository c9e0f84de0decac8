import { emptyThreadState, foldThread, threadEventSchema, type ThreadState } from '@netra/protocol'
import { describe, expect, test } from 'vitest'

import { pathOf, reuseTurns, type Choices } from './turns.ts'

let minute = 0

/** Events in the order of their making, one minute apart. */
function event(type: string, fields: Record<string, unknown>): Record<string, unknown> {
  minute += 1
  const at = new Date(Date.UTC(2026, 10, 21, 9, minute)).toISOString()
  const common = {
    id: `e${minute}`,
    at,
    user_id: 'u',
    thread_id: 't',
    agent: 'data',
    trace_id: null,
  }
  return { type, ...common, run_id: null, ...fields }
}

const asks = (id: string, parent: string | null) =>
  event('message_added', {
    message_id: id,
    parent_message_id: parent,
    role: 'user',
    content: [{ type: 'text', text: id }],
    attachments: [],
  })

const accepts = (run: string, question: string) =>
  event('run_accepted', {
    run_id: run,
    client_message_id: null,
    model: null,
    parent_message_id: question,
  })

const says = (run: string, id: string) =>
  event('message_completed', {
    run_id: run,
    message_id: id,
    content: [{ type: 'text', text: id }],
    usage: { input_tokens: 0, output_tokens: 0 },
  })

const fails = (run: string) =>
  event('agent_failed', { run_id: run, code: 'timeout', message: 'late', retry: 'same' })

const answered = (question: string, parent: string | null, run: string, answer: string) => [
  asks(question, parent),
  accepts(run, question),
  says(run, answer),
]

function fold(...events: Record<string, unknown>[]): ThreadState {
  let state = emptyThreadState()
  for (const item of events) state = foldThread(state, threadEventSchema.parse(item))
  return state
}

const shown = (state: ThreadState, choices: Choices = {}) =>
  pathOf(state, choices).turns.map(
    (turn) => `${turn.question?.id ?? '-'}>${turn.answer?.id ?? '-'}`,
  )

describe('the path through a thread', () => {
  test('an empty thread has no turns and nothing to follow', () => {
    expect(pathOf(emptyThreadState(), {})).toEqual({ turns: [], leafId: null })
  })

  test('questions and answers follow each other, and the next message follows the last answer', () => {
    const state = fold(...answered('q1', null, 'r1', 'a1'), ...answered('q2', 'a1', 'r2', 'a2'))
    expect(shown(state)).toEqual(['q1>r1', 'q2>r2'])
    expect(pathOf(state, {}).leafId).toBe('a2')
  })

  test('an edited question is shown instead of the old one, which can be chosen again', () => {
    const state = fold(
      ...answered('q1', null, 'r1', 'a1'),
      ...answered('q2', 'a1', 'r2', 'a2'),
      ...answered('q1b', null, 'r3', 'a3'),
    )
    expect(shown(state)).toEqual(['q1b>r3'])
    const fork = pathOf(state, {}).turns[0]!.questions
    expect(fork).toMatchObject({ ids: ['q1', 'q1b'], shown: 1 })
    expect(shown(state, { [fork.key]: 'q1' })).toEqual(['q1>r1', 'q2>r2'])
  })

  test('a second answer to the same question is a branch of its own', () => {
    const state = fold(
      ...answered('q1', null, 'r1', 'a1'),
      ...answered('q2', 'a1', 'r2', 'a2'),
      accepts('r1b', 'q1'),
      says('r1b', 'a1b'),
    )
    expect(shown(state)).toEqual(['q1>r1b'])
    const fork = pathOf(state, {}).turns[0]!.answers
    expect(fork).toMatchObject({ ids: ['r1', 'r1b'], shown: 1 })
    expect(shown(state, { [fork.key]: 'r1' })).toEqual(['q1>r1', 'q2>r2'])
  })

  test('the branch with the newest activity is shown, not the newest branch', () => {
    const state = fold(
      ...answered('q1', null, 'r1', 'a1'),
      accepts('r1b', 'q1'),
      says('r1b', 'a1b'),
      ...answered('q2', 'a1', 'r2', 'a2'),
    )
    expect(shown(state)).toEqual(['q1>r1', 'q2>r2'])
  })

  test('a question after an answer that failed in silence follows that question', () => {
    const state = fold(
      asks('q1', null),
      accepts('r1', 'q1'),
      fails('r1'),
      ...answered('q2', 'q1', 'r2', 'a2'),
    )
    expect(shown(state)).toEqual(['q1>r1', 'q2>r2'])
  })

  test('an unanswered question is followed by the next message', () => {
    const state = fold(asks('q1', null))
    expect(shown(state)).toEqual(['q1>-'])
    expect(pathOf(state, {}).leafId).toBe('q1')
  })

  test('a window that begins with an answer shows it first', () => {
    const whole = fold(...answered('q1', null, 'r1', 'a1'), ...answered('q2', 'a1', 'r2', 'a2'))
    const cut = { ...whole, messages: whole.messages.filter((message) => message.id !== 'q1') }
    expect(shown(cut)).toEqual(['->r1', 'q2>r2'])
  })

  test('an older answer whose run is not known any more is still shown', () => {
    const whole = fold(...answered('q1', null, 'r1', 'a1'), ...answered('q2', 'a1', 'r2', 'a2'))
    const cut = { ...whole, runs: whole.runs.filter((run) => run.id !== 'r1') }
    expect(shown(cut)).toEqual(['q1>r1', 'q2>r2'])
    expect(pathOf(cut, {}).turns[0]!.answer!.run).toBeNull()
  })
})

test('turns that did not change stay the same objects', () => {
  const first = answered('q1', null, 'r1', 'a1')
  const state = fold(...first, asks('q2', 'a1'), accepts('r2', 'q2'))
  const before = pathOf(state, {}).turns
  const later = foldThread(state, threadEventSchema.parse(says('r2', 'a2')))
  const after = reuseTurns(before, pathOf(later, {}).turns)
  expect(after[0]).toBe(before[0])
  expect(after[1]).not.toBe(before[1])
})
