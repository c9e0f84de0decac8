import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { openSecret, sealSecret } from './secret-box.ts'

const key = randomBytes(32)

test('a secret opens with its key and for its purpose only', () => {
  const box = sealSecret(key, 'sk-äöü', 'openai')
  expect(box).not.toContain('sk-')
  expect(openSecret(key, box, 'openai')).toBe('sk-äöü')
  expect(openSecret(key, box, 'anthropic')).toBeUndefined()
  expect(openSecret(randomBytes(32), box, 'openai')).toBeUndefined()
})

test('two boxes of one secret differ', () => {
  expect(sealSecret(key, 'same', 'p')).not.toBe(sealSecret(key, 'same', 'p'))
})

test('a changed box does not open', () => {
  const box = sealSecret(key, 'secret', 'p')
  const changed = `${box.slice(0, -2)}${box.endsWith('AA') ? 'BB' : 'AA'}`
  for (const broken of [changed, '', 'v1.', 'v2.abc', 'v1.short'])
    expect(openSecret(key, broken, 'p')).toBeUndefined()
})
