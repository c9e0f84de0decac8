import type { Run } from '@netra/protocol'
import { expect, test } from 'vitest'

import { goesOnWith, leaderOf, teamOf } from './team.ts'

const handoff = (from: string, to: string) =>
  ({ id: `${from}-${to}`, from, to, why: `${to} can do it`, at: '' }) as Run['handoffs'][number]

const handoffs = [handoff('supervisor', 'triage'), handoff('triage', 'data')]

test('a run that nobody handed on has no team', () => {
  expect(teamOf({ handoffs: [], outcome: null })).toEqual([])
  expect(leaderOf({ handoffs: [], agent: 'data' })).toBe('data')
})

test('who was asked leads, and the last one works until the run has ended', () => {
  const team = teamOf({ handoffs, outcome: null })
  expect(team.map(({ agent, state }) => `${agent} ${state}`)).toEqual([
    'supervisor done',
    'triage done',
    'data working',
  ])
  expect(team[2]?.why).toBe('data can do it')
  expect(leaderOf({ handoffs, agent: 'data' })).toBe('supervisor')
})

test('of a run that was stopped the last one has not finished', () => {
  const team = teamOf({ handoffs, outcome: { kind: 'cancelled', by: 'u' } })
  expect(team.at(-1)?.state).toBe('stopped')
})

test('a conversation goes on with who led its last run', () => {
  const agents = [{ id: 'supervisor' }, { id: 'data' }]
  expect(goesOnWith({ handoffs, agent: 'data' }, agents)).toBe('supervisor')
  expect(goesOnWith({ handoffs: [], agent: 'data' }, agents)).toBe('data')
  expect(goesOnWith({ handoffs: [], agent: 'gone' }, agents)).toBeNull()
  expect(goesOnWith(undefined, agents)).toBeUndefined()
})
