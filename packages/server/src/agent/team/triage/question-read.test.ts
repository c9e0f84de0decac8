import { expect, test } from 'vitest'

import { MOST_CHARACTERS, questionRead } from './question-read.ts'
import { readQuestion } from './read-question.ts'

test('a question is read whole', () => {
  const question = `What did it cost? ${'x'.repeat(3_900)}`
  expect(questionRead(question)).toBe(question)
  expect(questionRead(' \n')).toBe('Give me an overview.')
})

test('of a pasted document the beginning and the end are read, where the question stands', () => {
  const pasted = 'log line\n'.repeat(6_000)
  for (const message of [
    `What would it cost on gpt-4o?\n${pasted}`,
    `${pasted}\nWhat would it cost on gpt-4o?`,
  ]) {
    const read = questionRead(message)
    expect(read).toHaveLength(MOST_CHARACTERS)
    expect(readQuestion(read, [])).toMatchObject({ base_model: 'gpt-4o' })
  }
})
