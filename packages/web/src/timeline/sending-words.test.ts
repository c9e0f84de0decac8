import { expect, test } from 'vitest'

import { whyNotSent } from './sending-words.ts'

const free = { mode: { level: 'full', why: null }, stopped: null, isAdmin: false } as const

test('while an order to stop holds, whoever writes reads why nothing is sent', () => {
  expect(whyNotSent(free)).toBeNull()
  expect(whyNotSent({ ...free, mode: { level: 'no_tools', why: 'x' } })).toBeNull()
  const why = 'an administrator has stopped everything: costs.'
  expect(whyNotSent({ ...free, mode: { level: 'read_only', why } })).toBe(
    'Nothing can be sent now: an administrator has stopped everything: costs. What you write stays here.',
  )
  expect(whyNotSent({ ...free, stopped: { why: 'Too much.' } })).toContain(
    'your answers: Too much.',
  )
})

test('maintenance keeps administrators from nothing', () => {
  const mode = { level: 'maintenance', why: 'an upgrade' } as const
  expect(whyNotSent({ ...free, mode })).toContain('an upgrade')
  expect(whyNotSent({ ...free, mode, isAdmin: true })).toBeNull()
})
