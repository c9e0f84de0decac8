import { expect, test } from 'vitest'

import { applyPatch, PatchRefused, PatchTooLarge } from './json-patch.ts'

const document = { list: ['a', 'c'], 'a/b~c': 1, deep: { key: 'old' } }

test('every operation of RFC 6902 does what it says, to a copy', () => {
  expect(
    applyPatch(document, [
      { op: 'test', path: '/deep', value: { key: 'old' } },
      { op: 'add', path: '/list/1', value: 'b' },
      { op: 'add', path: '/list/-', value: 'd' },
      { op: 'replace', path: '/deep/key', value: 'new' },
      { op: 'copy', from: '/deep', path: '/copied' },
      { op: 'move', from: '/a~1b~0c', path: '/moved' },
      { op: 'remove', path: '/list/0' },
    ]),
  ).toEqual({ list: ['b', 'c', 'd'], deep: { key: 'new' }, copied: { key: 'new' }, moved: 1 })
  expect(document).toEqual({ list: ['a', 'c'], 'a/b~c': 1, deep: { key: 'old' } })
  expect(applyPatch(document, [{ op: 'replace', path: '', value: [] }])).toEqual([])
})

test.each([
  { op: 'remove' as const, path: '/gone' },
  { op: 'replace' as const, path: '/list/7', value: 1 },
  { op: 'add' as const, path: '/list/9', value: 1 },
  { op: 'add' as const, path: '/list/x', value: 1 },
  { op: 'add' as const, path: '/deep/key/more', value: 1 },
  { op: 'add' as const, path: '/__proto__/polluted', value: 1 },
  { op: 'copy' as const, from: '/constructor', path: '/x' },
  { op: 'test' as const, path: '/deep/key', value: 'new' },
  { op: 'copy' as const, from: '', path: '/list/-' },
  { op: 'copy' as const, from: '/deep', path: '/deep/again' },
  { op: 'move' as const, from: '/deep', path: '/deep/again' },
  { op: 'move' as const, from: '', path: '/all' },
  { op: 'add' as const, path: 'list', value: 1 },
])('what does not fit is refused: $op $path', (operation) => {
  expect(() => applyPatch(document, [operation])).toThrow(PatchRefused)
})

test('a patch that doubles the document again and again, or has too many changes, is too large', () => {
  const doubling = Array.from({ length: 22 }, (_, at) => [
    { op: 'copy' as const, from: `/x${at}`, path: `/x${at + 1}` },
    { op: 'copy' as const, from: `/x${at}`, path: `/x${at + 1}/more${at}` },
  ]).flat()
  expect(() => applyPatch({ x0: { said: 'x'.repeat(1_000) } }, doubling)).toThrow(PatchTooLarge)
  const many = Array.from({ length: 1_001 }, () => ({ op: 'add' as const, path: '/x', value: 1 }))
  expect(() => applyPatch({}, many)).toThrow(PatchTooLarge)
  expect(applyPatch({}, many.slice(1))).toEqual({ x: 1 })
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(() => applyPatch({}, [{ op: 'add', path: '/x', value: deep }])).toThrow(PatchTooLarge)
})
