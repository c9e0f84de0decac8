import { expect, test } from 'vitest'

import { createReply, parseInput } from './reply.ts'

const delta = (text: string) => ({ type: 'text-delta' as const, id: '0', delta: text })

test('half of a surrogate pair waits for its other half', () => {
  const reply = createReply()
  const [high, low] = ['😀'.slice(0, 1), '😀'.slice(1)]
  expect(reply.take(delta(`a${high}`))).toEqual({ kind: 'text', text: 'a' })
  expect(reply.take(delta(`${low}b`))).toEqual({ kind: 'text', text: '😀b' })
  expect(reply.take(delta(high))).toBeUndefined()
  expect(reply.rest()).toEqual({ kind: 'text', text: high })
  expect(reply.text).toBe(`a😀b${high}`)
})

test('what a provider wants to see again is kept with its part', () => {
  const reply = createReply()
  const signed = { anthropic: { signature: 's' } }
  reply.take({ type: 'reasoning-start', id: 'r' })
  reply.take({ type: 'reasoning-delta', id: 'r', delta: 'hm' })
  reply.take({ type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: signed })
  reply.take({ type: 'reasoning-end', id: 'r' })
  reply.take({ type: 'text-start', id: '0' })
  reply.take({ type: 'text-end', id: '0' })
  expect(reply.content).toEqual([{ type: 'reasoning', text: 'hm', providerOptions: signed }])
})

test('arguments are an object or kept as unparsed', () => {
  expect(parseInput('')).toEqual({})
  expect(parseInput('{"a":1}')).toEqual({ a: 1 })
  expect(parseInput('[1]')).toEqual({ unparsed: '[1]' })
  expect(parseInput('{"a":')).toEqual({ unparsed: '{"a":' })
})
