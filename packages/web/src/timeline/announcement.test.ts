import { expect, test } from 'vitest'

import { announcement } from './announcement.ts'

test('while it is written an answer is announced as work, whatever has been said of it', () => {
  expect(announcement({ outcome: null }, 'Data', null)).toBe('Data is working.')
})

test('what waits for the person is announced with the name that people know', () => {
  expect(announcement({ outcome: null }, 'Data', '“Add a line” of Desk')).toBe(
    'Data waits for you: it asks about “Add a line” of Desk.',
  )
})

test('the end is announced once, with the answer’s beginning, or why there is none', () => {
  const completed = {
    kind: 'completed' as const,
    message_id: 'm' as never,
    final_response: 'It is **$4.20**.',
    usage: { input_tokens: 0, output_tokens: 0 } as never,
    cost: { usd: 0 } as never,
    duration_ms: 1,
    steps: 1,
  }
  expect(announcement({ outcome: completed }, 'Data', null)).toBe('Data answered: It is $4.20.')
  const failed = {
    kind: 'failed' as const,
    code: 'model_cut' as const,
    message: 'The connection broke.',
    retry: 'no' as never,
    breaker: null,
  }
  expect(announcement({ outcome: failed }, 'Data', null)).toBe('Data failed: The connection broke.')
  expect(announcement({ outcome: { kind: 'cancelled', by: 'u' } }, 'Data', null)).toBe(
    'Data was stopped.',
  )
})
