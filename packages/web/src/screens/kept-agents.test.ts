import { expect, test } from 'vitest'

import { agentKept, withAgent } from './kept-agents.ts'

test('each conversation has its own agent, and the last that was known holds', () => {
  let kept = withAgent(null, 'one', 'data')
  kept = withAgent(kept, 'two', null)
  kept = withAgent(kept, 'one', 'assistant')
  expect(agentKept(kept, 'one')).toBe('assistant')
  expect(agentKept(kept, 'two')).toBeNull()
  expect(agentKept(kept, 'three')).toBeUndefined()
})

test('a hundred conversations are remembered, the oldest are forgotten', () => {
  let kept: string | null = null
  for (let n = 0; n <= 100; n += 1) kept = withAgent(kept, `t${n}`, 'data')
  expect(agentKept(kept, 't0')).toBeUndefined()
  expect(agentKept(kept, 't1')).toBe('data')
})

test.each(['{', '{}', '[1]', '[["one", 1]]'])('what cannot be read says nothing: %s', (kept) => {
  expect(agentKept(kept, 'one')).toBeUndefined()
})
