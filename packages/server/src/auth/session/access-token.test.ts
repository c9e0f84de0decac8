import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'

import { expect, test } from 'vitest'

import type { Claims } from '../../identity/identity.ts'
import { AccessTokens } from './access-token.ts'
import { KeyRing } from './key-ring.ts'

const NOW = 1_800_000_000_000
const pem = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
const key = { kid: 'key-1', privateKey: pem() }
const tokens = new AccessTokens(new KeyRing([key]))
const subject = {
  userId: '123456789012345678901',
  email: 'a@b.io',
  permissions: ['user'],
  sessionId: 's',
}
const good: Claims = {
  sub: subject.userId,
  email: subject.email,
  permissions: [],
  iat: NOW / 1000,
  exp: NOW / 1000 + 900,
  iss: 'netra-auth-service',
  aud: 'netra',
  jti: 'j',
  type: 'access',
  sid: 's',
}
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token signed rightly by our own key, whatever it says. */
function signed(
  claims: object,
  header: object = { alg: 'RS256', kid: 'key-1', typ: 'JWT' },
): string {
  const text = `${part(header)}.${part(claims)}`
  const signature = sign('RSA-SHA256', Buffer.from(text), createPrivateKey(key.privateKey))
  return `${text}.${signature.toString('base64url')}`
}

const why = (token: string, now = NOW): string => {
  const verified = tokens.verify(token, now)
  return verified.ok ? 'accepted' : verified.why
}

test('a token carries its claims, the subject as text digit by digit', () => {
  const verified = tokens.verify(tokens.issue(subject, NOW), NOW)
  expect(verified).toMatchObject({
    ok: true,
    claims: { ...good, permissions: ['user'], jti: expect.stringMatching(/^.{36}$/) },
  })
})

test('a token holds for 15 minutes and a minute of skew, also of a clock behind', () => {
  const token = tokens.issue(subject, NOW)
  expect(why(token, NOW + 959_000)).toBe('accepted')
  expect(why(token, NOW + 960_000)).toBe('expired')
  expect(why(token, NOW - 60_000)).toBe('accepted')
  expect(why(token, NOW - 61_000)).toBe('invalid')
})

test('another algorithm, key, issuer, audience or type is refused (S15)', () => {
  expect(why(signed(good))).toBe('accepted')
  const refused = {
    'alg none': `${part({ alg: 'none', kid: 'key-1', typ: 'JWT' })}.${part(good)}.`,
    'alg none, signed': signed(good, { alg: 'none', kid: 'key-1', typ: 'JWT' }),
    'alg RS512': signed(good, { alg: 'RS512', kid: 'key-1', typ: 'JWT' }),
    'alg missing': signed(good, { kid: 'key-1', typ: 'JWT' }),
    'kid unknown': signed(good, { alg: 'RS256', kid: 'key-2', typ: 'JWT' }),
    'kid missing': signed(good, { alg: 'RS256', typ: 'JWT' }),
    'kid of a prototype': signed(good, { alg: 'RS256', kid: '__proto__', typ: 'JWT' }),
    'typ foreign': signed(good, { alg: 'RS256', kid: 'key-1', typ: 'logout+jwt' }),
    crit: signed(good, { alg: 'RS256', kid: 'key-1', typ: 'JWT', crit: ['exp'] }),
    issuer: signed({ ...good, iss: 'https://accounts.google.com' }),
    audience: signed({ ...good, aud: 'other' }),
    audiences: signed({ ...good, aud: ['netra', 'other'] }),
    type: signed({ ...good, type: 'refresh' }),
    'no exp': signed({ ...good, exp: undefined }),
    'exp as text': signed({ ...good, exp: '9999999999' }),
    'no iat': signed({ ...good, iat: undefined }),
    'sub as number': signed({ ...good, sub: 123_456 }),
    'no session': signed({ ...good, sid: undefined }),
    'claims no object': signed([good]),
  }
  for (const [name, token] of Object.entries(refused))
    expect([name, why(token)]).toEqual([name, 'invalid'])
})

test('HS256 with the public key as its secret is refused (S15)', () => {
  const publicPem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' })
  const text = `${part({ alg: 'HS256', kid: 'key-1', typ: 'JWT' })}.${part(good)}`
  const signature = createHmac('sha256', publicPem).update(text).digest('base64url')
  expect(why(`${text}.${signature}`)).toBe('invalid')
})

test('a foreign key under our kid, a changed body or signature, and nonsense are refused (S15)', () => {
  const foreign = new AccessTokens(new KeyRing([{ kid: 'key-1', privateKey: pem() }]))
  expect(why(foreign.issue(subject, NOW))).toBe('invalid')
  const [head, body, signature = ''] = tokens.issue(subject, NOW).split('.')
  expect(why(`${head}.${part({ ...good, sub: 'other' })}.${signature}`)).toBe('invalid')
  expect(why(`${head}.${body}.${signature.slice(0, -4)}AAAA`)).toBe('invalid')
  for (const token of [
    '',
    '.',
    '..',
    'a.b.c',
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}.${body}.${signature}.x`,
  ]) {
    expect(why(token)).toBe('invalid')
  }
  expect(why(`${head}.${body}.${signature}=`)).toBe('invalid')
  expect(why('x'.repeat(100_000))).toBe('invalid')
})

test('each token has one spelling', () => {
  const token = tokens.issue(subject, NOW)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const others = alphabet
    .split('')
    .map((last) => token.slice(0, -1) + last)
    .filter((other) => other !== token)
  expect(others.filter((other) => why(other) !== 'invalid')).toEqual([])
})

test('an older key still verifies while the newest signs, and both are published', () => {
  const rotated = new AccessTokens(new KeyRing([{ kid: 'key-2', privateKey: pem() }, key]))
  expect(rotated.verify(tokens.issue(subject, NOW), NOW).ok).toBe(true)
  expect(why(rotated.issue(subject, NOW))).toBe('invalid')
  const { keys } = rotated.jwks()
  expect(keys.map(({ kid }) => kid)).toEqual(['key-2', 'key-1'])
  for (const jwk of keys)
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
})

test('a token whose signature was looked at once still ends, and is no service’s', () => {
  const token = tokens.issue(subject, NOW)
  expect(tokens.verify(token, NOW).ok).toBe(true)
  expect(tokens.verify(token, NOW).ok).toBe(true)
  expect(tokens.verify(token, NOW, 'service')).toEqual({ ok: false, why: 'invalid' })
  expect(tokens.verify(token, NOW + 960_000)).toEqual({ ok: false, why: 'expired' })
  expect(tokens.verify(`${token} `, NOW)).toEqual({ ok: false, why: 'invalid' })
})
