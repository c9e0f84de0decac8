import { expect, test } from 'vitest'

import { statedStep } from './stated-step.ts'

const files = [{ fileId: 'f1', name: 'conv.csv', mediaType: 'text/csv', bytes: 10 }]
const state = (toolName: string, input: Record<string, unknown>) =>
  statedStep({ callId: 'c', toolName, arguments: input }, files)

test('a step names the tool, the file and the purpose', () => {
  expect(state('profile_table', { file_id: 'f1' })).toBe('Calling profile_table on conv.csv.')
  expect(state('cost_drivers', { file_ids: ['f1'] })).toBe('Calling cost_drivers on conv.csv.')
  expect(state('query_table', { file_id: 'f1', sql: 'SELECT count(*) FROM data' })).toBe(
    'Calling query_table on conv.csv to count rows.',
  )
  expect(state('query_table', { file_id: 'f1', sql: 'select\n  max(a)\nfrom data' })).toBe(
    'Calling query_table on conv.csv to run select max(a) from data.',
  )
  expect(state('chart_table', { file_id: 'f1', sql: 'select 1', title: 'Requests' })).toBe(
    'Calling chart_table on conv.csv to draw “Requests”.',
  )
  expect(state('price_workload', { file_id: 'f1', models: ['gpt-4o', 'gpt-4o-mini'] })).toBe(
    'Calling price_workload on conv.csv to price gpt-4o, gpt-4o-mini.',
  )
  expect(state('calculate', { expression: '6*7' })).toBe('Calling calculate to work out 6*7.')
  expect(state('other', {})).toBe('Calling other.')
})

test('a long purpose is shortened', () => {
  const sql = `select ${'a'.repeat(500)}`
  expect(state('query_table', { file_id: 'f1', sql }).length).toBeLessThan(200)
})
