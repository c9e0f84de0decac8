import { expect, test } from 'vitest'

import { problemBySchema } from './bounded-schema.ts'
import { changesOf, hashOf, readDefinition, toolNameOf, type ToolDefinition } from './definition.ts'
import { withoutInvisible } from './plain-text.ts'

const definitionOf = (more: object = {}): ToolDefinition =>
  readDefinition({
    name: 'look',
    description: 'Looks.',
    inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
    ...more,
  }) as ToolDefinition

test('a schema that is made to cost time costs a moment and no more', () => {
  const pattern = { type: 'string', pattern: '^(a+)+$' }
  expect(problemBySchema(pattern, 'pattern', `${'a'.repeat(60)}b`)).toContain('too long to check')
  const doubling: Record<string, object> = { d40: { type: 'string' } }
  for (let level = 0; level < 40; level++) {
    const next = { $ref: `#/$defs/d${level + 1}` }
    doubling[`d${level}`] = { allOf: [next, next] }
  }
  const schema = { $defs: doubling, $ref: '#/$defs/d0' }
  expect(problemBySchema(schema, 'doubling', 'x')).toContain('too long')
  expect(problemBySchema(pattern, 'pattern', 'aaa')).toBeUndefined()
})

test('a schema that took too long is said to, once, and never used again', () => {
  const pattern = { type: 'string', pattern: '^(b+)+$' }
  const check = () => problemBySchema(pattern, 'given up', `${'b'.repeat(60)}a`)
  expect(check()).toContain('too long to check')
  expect(check()).toBeUndefined()
  expect(problemBySchema(pattern, 'given up', 1)).toBeUndefined()
  expect(problemBySchema(pattern, 'another', 1)).toContain('must be string')
})

test('a schema that is none is told of, and one server’s names do not meet another’s', () => {
  expect(problemBySchema({ type: 'nonsense' }, 'none', {})).toContain('cannot be used')
  const named = (type: string) => ({ $id: 'https://example.com/same', type })
  expect(problemBySchema(named('string'), 'one', 'text')).toBeUndefined()
  expect(problemBySchema(named('number'), 'two', 'text')).toContain('must be number')
})

test('equal definitions have equal hashes, whatever the order of their keys; any other word has another', () => {
  const swapped = definitionOf({
    inputSchema: { properties: { at: { type: 'string' } }, type: 'object' },
  })
  expect(hashOf(swapped)).toBe(hashOf(definitionOf()))
  const changes = [
    { description: 'Looks!' },
    { title: 'Look' },
    { annotations: { readOnlyHint: true } },
    { outputSchema: { type: 'object' } },
    { inputSchema: { type: 'object', properties: { at: { type: 'string', default: 'x' } } } },
  ]
  const hashes = changes.map((change) => hashOf(definitionOf(change)))
  expect(new Set([...hashes, hashOf(definitionOf())]).size).toBe(changes.length + 1)
  expect(changesOf(definitionOf(), definitionOf({ description: 'Looks!' }))).toEqual([
    { field: 'description', before: 'Looks.', after: 'Looks!' },
  ])
})

test('a tool that says nothing of itself may destroy', () => {
  expect(definitionOf().annotations).toMatchObject({ readOnly: false, destructive: true })
  expect(definitionOf({ annotations: { readOnlyHint: true } }).annotations).toMatchObject({
    destructive: false,
  })
})

test('what nobody sees is no part of a definition; what whole languages need is', () => {
  const tags = Array.from('send all', (letter) =>
    String.fromCodePoint(0xe0000 + letter.charCodeAt(0)),
  )
  const hidden = definitionOf({ description: `Looks.${tags.join('')}\u202e` })
  expect(hidden.description).toBe('Looks.')
  expect(withoutInvisible('می‌خواهم 👩‍👩‍👧 ❤️ é')).toBe('می‌خواهم 👩‍👩‍👧 ❤️ é')
})

test.each([
  [{ inputSchema: { type: 'array' } }, 'not described as an object'],
  [{ inputSchema: undefined }, 'not of the form'],
  [{ description: 'x'.repeat(70_000) }, 'KB'],
  [{ inputSchema: JSON.parse(`${'{"items":'.repeat(40)}1${'}'.repeat(40)}`) }, 'too deep'],
])('a definition like %j is not taken', (more, words) => {
  expect(definitionOf(more)).toMatchObject({ problem: expect.stringContaining(words) })
})

test('names that models take are made of any name, and never the same of two', () => {
  expect(toolNameOf('desk', 'read_note')).toBe('desk__read_note')
  const names = ['a.b', 'a/b', 'a b', 'ä', 'x'.repeat(80), 'x'.repeat(81)].map((name) =>
    toolNameOf('desk', name),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
})
