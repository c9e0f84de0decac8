import { expect, test } from 'vitest'

import { afterClose, CLOSE_CODES, closeCode, comesBack, describeCloseCode } from './close-codes.ts'

const codes = Object.keys(CLOSE_CODES).map(Number)

test('4000 to 4499 come back, 4500 to 4999 stop', () => {
  for (const code of codes) expect(comesBack(code)).toBe(code < 4500)
  expect([4000, 4499, 4500, 4999].map(comesBack)).toEqual([true, true, false, false])
})

test('only an expired token needs a fresh one', () => {
  expect(codes.filter((code) => afterClose(code) === 'resume_with_fresh_token')).toEqual([4006])
})

test('the network’s own codes are come back from, a clean close too', () => {
  expect([1000, 1001, 1005, 1006, 1009, 1011, 1012].map(comesBack)).toEqual(Array(7).fill(true))
})

test('a code is found by its name, and a name is given once', () => {
  expect(closeCode('draining')).toBe(4001)
  expect(closeCode('replaced')).toBe(4506)
  expect(new Set(codes.map((code) => describeCloseCode(code)?.name)).size).toBe(codes.length)
  expect(describeCloseCode(4999)).toBeUndefined()
})
