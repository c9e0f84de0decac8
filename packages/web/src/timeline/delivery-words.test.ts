import { expect, test } from 'vitest'

import { deliveryWords } from './delivery-words.ts'

test('all has arrived only when connected, live and never reset', () => {
  expect(deliveryWords('connected', { phase: 'live', reset: false }).tone).toBe('good')
  expect(deliveryWords('waiting', { phase: 'live', reset: false }).short).toBe('Not connected')
  expect(deliveryWords('connected', { phase: 'loading', reset: false }).short).toBe('Catching up')
})

test('a loss is said whatever else holds', () => {
  for (const connection of ['connected', 'waiting'] as const) {
    expect(deliveryWords(connection, { phase: 'live', reset: true }).tone).toBe('warn')
  }
})
