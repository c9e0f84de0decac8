import { expect, test } from 'vitest'

import { statusesInWords } from './http-client.ts'
import { Secrets } from './secrets.ts'

test('what is known as secret is left out wherever it stands, also encoded', () => {
  const secrets = new Secrets()
  secrets.add('p@ss word/1')
  expect(secrets.redact('a p@ss word/1 b p%40ss%20word%2F1')).toBe('a … b …')
})

test('what is short is no secret, or ordinary words would go', () => {
  const secrets = new Secrets()
  secrets.add('and')
  secrets.add(undefined)
  expect(secrets.redact('this and that')).toBe('this and that')
})

test('what an answer names as secret is left out from then on', () => {
  const secrets = new Secrets()
  secrets.learn('{"access_token": "first-token", "user": {"id": "u-12345678"}}')
  expect(secrets.redact('GET /x?t=first-token of u-12345678')).toBe('GET /x?t=… of u-12345678')
})

test.for([
  ['{"password":"hunter2"}', '{"password":"…"}'],
  ['{"ticket": "abc', '{"ticket": "…'],
  ['Authorization: Bearer abcdefgh.ijk', 'Authorization: Bearer …'],
  ['subprotocols jwt.ZXlKaGJHY2lP, jwt-auth', 'subprotocols jwt.…, jwt-auth'],
  ['token eyJhbGciOi.eyJzdWIi.c2ln here', 'token … here'],
  ['cookie: netra_session=abc%2Fdef; other=1', 'cookie: netra_session=…; other=1'],
  ['__Host-netra_session_netra=abc; Path=/', '__Host-netra_session_netra=…; Path=/'],
  ['http://x/setup#token=abc-def', 'http://x/setup#token=…'],
  ['GET /auth/me?a=1&access_token=abc HTTP', 'GET /auth/me?a=1&access_token=… HTTP'],
] as const)('%s is told as %s', ([text, told]) => {
  expect(new Secrets().redact(text)).toBe(told)
})

test('statuses are told in words that fit a line', () => {
  expect(statusesInWords([200])).toBe('200')
  expect(statusesInWords([401, 403])).toBe('401 or 403')
  expect(statusesInWords(Array.from({ length: 100 }, (_none, n) => 400 + n))).toBe('400 to 499')
})

test('what a server repeats for megabytes costs no time', () => {
  const begun = performance.now()
  expect(new Secrets().redact('-eyJ'.repeat(500_000))).toHaveLength(2_000_000)
  expect(performance.now() - begun).toBeLessThan(2_000)
})

test('the beginning of a long text ends before a secret that is cut in two', () => {
  const secrets = new Secrets()
  const secret = 'a-secret-'.repeat(200)
  secrets.add(secret)
  const text = `${secret} `.repeat(5)
  const told = secrets.shown(text, 600)
  expect(told).not.toContain('a-secret-')
  expect(secrets.shown('short', 600)).toBe('short')
  expect(secrets.shown('x'.repeat(100_000), 600)).toHaveLength(600)
})

test('of what a server names as secret the latest are kept, and what is known stays', () => {
  const secrets = new Secrets()
  secrets.add('the-password')
  const named = Array.from({ length: 2_000 }, (_none, n) => `{"key":"learned-${n}-x"}`)
  secrets.learn(named.join())
  expect(secrets.redact('the-password learned-0-x learned-1999-x')).toBe('… learned-0-x …')
})

test('half of a character is no reason to fail', () => {
  const secrets = new Secrets()
  secrets.add('broken-\ud800-token')
  expect(secrets.redact('fine')).toBe('fine')
})
