import { expect, test } from 'vitest'

import { validate } from '../../packages/validator/src/validate/validate.ts'
import { startNetra } from '../support/netra-process.ts'
import { hearing } from './alterations.ts'
import { startAlteringProxy } from './altering-proxy.ts'
import { SHORT_PACE } from './judge.ts'

test('a server that dies in the middle of a run is not ready, and the report still comes to its end', async () => {
  await using netra = await startNetra()
  let isDead = false
  const dying = hearing(() => (frame) => {
    const { type } = (frame['event'] ?? {}) as { type?: unknown }
    if (!isDead && type === 'tool_executing') {
      isDead = true
      process.kill(netra.pid, 'SIGKILL')
    }
    return [frame]
  })
  await using proxy = await startAlteringProxy(netra.url, dying)
  const { verdict, results, leftBehind } = await validate(proxy.url, {
    only: ['health.healthy', 'conversation', 'errors.bad-token'],
    pace: { ...SHORT_PACE, answerMs: 3_000, turnMs: 3_000 },
  })
  const outcomeOf = (id: string) => results.find((result) => result.id === id)?.outcome
  expect(isDead).toBe(true)
  expect(verdict).toBe('not_ready')
  expect(outcomeOf('health.healthy')).toBe('passed')
  expect(outcomeOf('conversation.accepted')).toBe('failed')
  expect(outcomeOf('errors.bad-token')).toBe('failed')
  // Nobody is left to erase it; whoever reads the report is told.
  expect(leftBehind).toHaveLength(1)
}, 60_000)
