import { expect, test } from 'vitest'

import { tool } from '../../../testing/agent-stage.ts'
import { asksFirst, bindingOf, definitionOf, Permit } from './permit.ts'
import type { Tool, ToolEffect } from './tool.ts'

const call = { callId: 'c1', toolName: 'x', arguments: { value: 1, note: 'n' } }
const of = (rest: Partial<Tool>): Tool => tool('x', async () => null, rest)

test('what writes or spends asks first, and so does what says nothing of itself', () => {
  const asks = (effect: ToolEffect) => asksFirst(of({ effect }))
  expect([asks('none'), asks('reads'), asks('writes'), asks('spends')]).toEqual([
    false,
    false,
    true,
    true,
  ])
  expect(asksFirst(of({ effect: undefined }))).toBe(true)
  expect(asksFirst(of({ effect: 'reads', needsApproval: true }))).toBe(true)
  expect(asksFirst(of({ effect: 'writes', needsApproval: false }))).toBe(true)
})

test('who does not want to be asked is not, as long as the tool says the same of itself', () => {
  const writes = of({ effect: 'writes' })
  const unasked = new Map([['x', definitionOf(writes)]])
  expect(asksFirst(writes, unasked)).toBe(false)
  expect(asksFirst(of({ effect: 'spends' }), unasked)).toBe(true)
  expect(asksFirst(of({ effect: 'writes', description: 'Something else.' }), unasked)).toBe(true)
})

test('a permit is for one call with its arguments, in whatever order they stand', () => {
  const writes = of({ effect: 'writes' })
  const permit = new Permit(bindingOf(writes, call))
  expect(() => permit.assertFor(writes, call)).not.toThrow()
  const turned = { ...call, arguments: { note: 'n', value: 1 } }
  expect(() => permit.assertFor(writes, turned)).not.toThrow()
  for (const other of [
    { ...call, arguments: { value: 2, note: 'n' } },
    { ...call, callId: 'c2' },
  ])
    expect(() => permit.assertFor(writes, other)).toThrow('nobody allowed')
  expect(() => new Permit(undefined).assertFor(writes, call)).toThrow('nobody allowed')
  expect(() => new Permit(undefined).assertFor(of({ effect: 'reads' }), call)).not.toThrow()
})
