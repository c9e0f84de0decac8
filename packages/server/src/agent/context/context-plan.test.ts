import { expect, test } from 'vitest'

import { message, turnOf } from '../../../testing/agent-stage.ts'
import type { TurnMessage } from '../step.ts'
import { planContext } from './context-plan.ts'
import { estimatingCounter } from './token-counter.ts'

const at = (contextTokens: number | null) => ({
  instructions: 'Be brief.',
  contextTokens,
  counter: estimatingCounter,
})

const talk = (turns: number): TurnMessage[] =>
  Array.from({ length: turns }, (_, index) => [
    { ...message('user', `question ${index} ${'x'.repeat(500)}`), id: `q${index}` },
    { ...message('assistant', `answer ${index} ${'x'.repeat(500)}`), id: `a${index}` },
  ]).flat()

test('what fits is given word for word', async () => {
  const history = talk(3)
  const plan = await planContext(turnOf('Now?', { history }), at(null))
  expect(plan).toMatchObject({ kept: history, older: [], summary: undefined })
})

test('before the window is full the oldest turns are to be summarised, and the rest begins with a question', async () => {
  const history = talk(40)
  const { kept, older, tokens, budget } = await planContext(turnOf('Now?', { history }), at(8_000))
  expect(tokens).toBeGreaterThan(budget)
  expect([...older, ...kept]).toEqual(history)
  expect(kept[0]?.role).toBe('user')
  expect(kept.at(-1)?.id).toBe('a39')
  expect(kept.length).toBeGreaterThan(2)
  expect(kept.length).toBeLessThan(14)
})

test('what a summary stands for is neither given nor summarised again', async () => {
  const history = talk(40)
  const summary = { text: 'They talked.', messages: 76, throughMessageId: 'a37' }
  const plan = await planContext(turnOf('Now?', { history, summary }), at(8_000))
  expect(plan).toMatchObject({ kept: history.slice(76), older: [], summary: 'They talked.' })
})

test('a summary of a message that this branch does not have says nothing of it', async () => {
  const history = talk(2)
  const summary = { text: 'Of another branch.', messages: 9, throughMessageId: 'elsewhere' }
  const { kept } = await planContext(turnOf('Now?', { history, summary }), at(null))
  expect(kept).toEqual(history)
})

test('attachments and tool calls of earlier turns count', async () => {
  const file = { fileId: 'f', name: 'long.txt', mediaType: 'text/plain', bytes: 60_000 }
  const history = [
    { ...message('user', 'Read this'), id: 'q0', attachments: [file] },
    { ...message('assistant', 'I did.'), id: 'a0' },
    { ...message('user', 'Thanks'), id: 'q1' },
    { ...message('assistant', 'You are welcome.'), id: 'a1' },
  ]
  const { kept, older } = await planContext(turnOf('Now?', { history }), at(16_000))
  expect(older.map(({ id }) => id)).toEqual(['q0', 'a0'])
  expect(kept.map(({ id }) => id)).toEqual(['q1', 'a1'])
})
