import { expect, test } from 'vitest'

import { toolName, toolPhrase } from './tool-names.ts'

const desk = {
  name: 'Front desk',
  slug: 'desk',
  tools: [
    { tool: 'desk__add_line', name: 'add_line', title: 'Add a line' },
    { tool: 'desk__pay-bill_a1b2c3', name: 'pay-bill', title: ' ' },
  ],
}

test('a tool of a server has the title that its server gives it, and the server’s name', () => {
  expect(toolName('desk__add_line', [desk])).toEqual({ title: 'Add a line', server: 'Front desk' })
  expect(toolPhrase(toolName('desk__add_line', [desk]))).toBe('“Add a line” of Front desk')
})

test('a tool without a title has its name in words, without what tells it apart for models', () => {
  expect(toolName('desk__pay-bill_a1b2c3', [desk])).toEqual({
    title: 'pay bill',
    server: 'Front desk',
  })
})

test('of a server or a tool that is gone, what models call the tool says what it was', () => {
  expect(toolName('old_notes__find__all', [])).toEqual({ title: 'find all', server: 'old notes' })
  expect(toolPhrase(toolName('desk__gone', [desk]))).toBe('“gone” of Front desk')
})

test('a tool of Netra or of an agent has no server', () => {
  expect(toolName('send_mail', [desk])).toEqual({ title: 'send mail', server: null })
  expect(toolName('__odd', [])).toEqual({ title: 'odd', server: null })
  expect(toolPhrase(toolName('send_mail', []))).toBe('send mail')
})
