import { expect, test } from 'vitest'

import { isTicked, leftOut } from './consent-choice.ts'

const tool = (hash: string, read_only: boolean, destructive: boolean) => ({
  hash,
  annotations: { read_only, destructive, idempotent: false, open_world: false },
})

test('a tool that may destroy something begins without its tick, and any box can be switched', () => {
  const tools = [tool('read', true, true), tool('write', false, false), tool('drop', false, true)]
  const ticked = (...switched: string[]) =>
    tools.filter((one) => isTicked(one, new Set(switched))).map(({ hash }) => hash)
  expect(ticked()).toEqual(['read', 'write'])
  expect(ticked('read', 'drop')).toEqual(['write', 'drop'])
})

test('a tool that was left out when others were allowed is one, and begins without its tick', () => {
  const states = (...given: ('new' | 'agreed' | 'changed')[]) => given.map((state) => ({ state }))
  expect(leftOut(states('new', 'new'))).toBeNull()
  expect(leftOut(states('agreed', 'new'))).toBe(1)
  expect(leftOut(states('agreed', 'new', 'changed'))).toBeNull()
  expect(leftOut(states('agreed'))).toBeNull()
  expect(isTicked(tool('read', true, false), new Set(), true)).toBe(false)
  expect(isTicked(tool('read', true, false), new Set(['read']), true)).toBe(true)
})
