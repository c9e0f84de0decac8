import { expect, test } from 'vitest'

import type { UserEvent } from '../events/user-event.ts'
import { userEvent } from '../testing/events.ts'
import { foldUser } from './fold-user.ts'
import { emptyUserState } from './user-state.ts'
import { snapshotOfUser } from './window.ts'

const fold = (...events: UserEvent[]) => events.reduce(foldUser, emptyUserState())
const created = (thread_id: string) => userEvent('thread_created', { thread_id, title: '' })
const runState = (state: string, run_id = 'r') =>
  userEvent('run_state_changed', { thread_id: 'a', run_id, state })

test('threads come, change and go', () => {
  const state = fold(
    created('a'),
    created('b'),
    userEvent('thread_updated', { thread_id: 'a', title: 'Costs' }),
  )
  expect(state.threads.map((thread) => thread.title)).toEqual(['Costs', ''])
  expect(foldUser(state, created('a'))).toBe(state)
  expect(foldUser(state, userEvent('thread_deleted', { thread_id: 'a' })).threads).toHaveLength(1)
  const deleted = userEvent('thread_updated', { thread_id: 'b', deleted: true })
  expect(foldUser(state, deleted).threads.map((thread) => thread.id)).toEqual(['a'])
})

test('open runs are those that have not ended', () => {
  const running = fold(
    created('a'),
    runState('queued'),
    runState('running'),
    runState('queued', 'r2'),
  )
  expect(running.open_runs.map((run) => [run.run_id, run.state])).toEqual([
    ['r', 'running'],
    ['r2', 'queued'],
  ])
  const ended = foldUser(running, runState('completed'))
  expect(ended.open_runs.map((run) => run.run_id)).toEqual(['r2'])
  expect(ended.threads[0]?.last_run).toMatchObject({ run_id: 'r', state: 'completed' })
})

test('an approval waits until it is closed or its run or thread ends', () => {
  const waiting = userEvent('approval_waiting', {
    thread_id: 'a',
    run_id: 'r',
    tool_call_id: 'c',
    tool_name: 'mail',
    expires_at: '2026-01-03T00:00:00.000Z',
  })
  const state = fold(created('a'), waiting)
  expect(state.approvals).toHaveLength(1)
  for (const end of [
    userEvent('approval_closed', { thread_id: 'a', run_id: 'r', tool_call_id: 'c' }),
    runState('failed'),
    userEvent('thread_deleted', { thread_id: 'a' }),
  ]) {
    expect(foldUser(state, end).approvals).toEqual([])
  }
})

const limits = (values: Record<string, number>) => userEvent('limits_changed', { limits: values })

test('limits replace each other by name', () => {
  expect(fold(limits({ runs: 2, tokens: 5 }), limits({ runs: 3 })).limits).toEqual({
    runs: 3,
    tokens: 5,
  })
})

test('a snapshot lists the threads changed last, and says that there are more', () => {
  const later = {
    ...userEvent('thread_updated', { thread_id: 'a', title: 'A' }),
    at: '2026-02-01T00:00:00.000Z',
  }
  const state = fold(created('a'), created('b'), created('c'), later)
  const snapshot = snapshotOfUser(state, 1)
  expect(snapshot.threads.map((thread) => thread.id)).toEqual(['a'])
  expect(snapshot.more_threads).toBe(true)
  expect(snapshotOfUser(state, 3)).toBe(state)
})
