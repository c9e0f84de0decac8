import { expect, test } from 'vitest'

import { base32, newTotpSecret, totpCode, totpStep } from './totp.ts'

const SECRET = base32(Buffer.from('12345678901234567890'))

// RFC 6238, appendix B, its eight digits cut to six.
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at %i s the code is that of RFC 6238', (seconds, code) => {
  expect(totpCode(SECRET, seconds * 1000)).toBe(code)
})

test('base32 is that of RFC 4648', () => {
  expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI')
  expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/)
  expect(newTotpSecret()).not.toBe(newTotpSecret())
})

test('a clock may be one step off, and no more', () => {
  const at = 1_700_000_000_000
  const now = Math.floor(at / 30_000)
  for (const off of [-1, 0, 1]) {
    expect(totpStep(SECRET, totpCode(SECRET, at + off * 30_000), at)).toBe(now + off)
  }
  for (const off of [-2, 2]) {
    expect(totpStep(SECRET, totpCode(SECRET, at + off * 30_000), at)).toBeUndefined()
  }
})
