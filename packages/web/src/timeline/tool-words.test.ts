import type { ToolCall } from '@netra/protocol'
import { expect, test } from 'vitest'

import { toolName } from './tool-names.ts'
import { isOnlyTheCall, thoughtWords, toolWords } from './tool-words.ts'

const desk = {
  name: 'Desk',
  slug: 'desk',
  tools: [{ tool: 'desk__add_line', name: 'add_line', title: 'Add a line' }],
}
const named = (tool: string) => toolName(tool, [desk])
const noFile = () => undefined

const call = (name: string, status: ToolCall['status']): ToolCall => ({
  id: 'c' as ToolCall['id'],
  run_id: 'r' as ToolCall['run_id'],
  name,
  arguments: {},
  status,
  result: null,
  result_ref: null,
  result_omitted: false,
  started_at: '2026-01-01T00:00:00Z',
  duration_ms: null,
  progress: null,
})

test('a tool of a server is told by its title and whose it is', () => {
  expect(toolWords(call('desk__add_line', 'running'), noFile, named).title).toBe(
    'Using “Add a line” of Desk',
  )
  expect(toolWords(call('desk__add_line', 'ok'), noFile, named)).toEqual({
    title: 'Used “Add a line” of Desk',
    ending: null,
    state: 'good',
  })
})

test('what the team does is told in words', () => {
  const said = (name: string) => toolWords(call(name, 'ok'), noFile, named).title
  expect(said('triage_question')).toBe('Read the question')
  expect(said('plan_actions')).toBe('Planned the steps')
  expect(said('build_report')).toBe('Wrote the report')
})

test('a thought that only names the call says nothing that the call does not', () => {
  expect(isOnlyTheCall('Calling desk__add_line.')).toBe(true)
  expect(isOnlyTheCall('Calling query_table on conv.csv to count rows.')).toBe(false)
  expect(thoughtWords('Calling desk__add_line to draw “Cost”.', named)).toBe(
    'Using “Add a line” of Desk to draw “Cost”.',
  )
  expect(thoughtWords('I will look first.', named)).toBe('I will look first.')
})
