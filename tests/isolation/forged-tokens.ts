import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyLike } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const claimsIn = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The key with which this server signs, from its data folder: what a thief could have at most. */
export async function signingKeyOf(folder: string): Promise<{ kid: string; privateKey: string }> {
  const text = await readFile(join(folder, 'keys', 'token-keys.json'), 'utf8')
  const keys = JSON.parse(text) as { kid: string; privateKey: string }[]
  if (!keys[0]) throw new Error('the server has no signing key')
  return keys[0]
}

/** Tokens that name somebody and must open nothing, by what is wrong with each. */
export async function badTokensOf(token: string, folder: string): Promise<Record<string, string>> {
  const { kid, privateKey } = await signingKeyOf(folder)
  const claims = claimsIn(token)
  const isService = claims['type'] === 'service'
  const now = Math.floor(Date.now() / 1000)
  const rs256 = (changed: object, key: KeyLike = privateKey, head: object = {}): string => {
    const text = `${encode({ alg: 'RS256', kid, typ: 'JWT', ...head })}.${encode({ ...claims, ...changed })}`
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
  }
  const hs256 = (secret: string | Buffer, head: object): string => {
    const text = `${encode({ alg: 'HS256', typ: 'JWT', ...head })}.${encode(claims)}`
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const publicKey = createPublicKey(privateKey)
  const [head = '', body = '', signature = ''] = token.split('.')
  return {
    expired: rs256({ iat: now - 2_000, exp: now - 1_000 }),
    'of the future': rs256({ iat: now + 1_000, exp: now + 2_000 }),
    'forged under our kid': rs256({}, foreign.privateKey),
    'of an unknown kid': rs256({}, foreign.privateKey, { kid: 'another' }),
    'alg none': `${encode({ alg: 'none', typ: 'JWT', kid })}.${body}.`,
    'alg none with a signature': `${encode({ alg: 'none', typ: 'JWT', kid })}.${body}.${signature}`,
    'HS256 with the public key': hs256(publicKey.export({ type: 'spki', format: 'pem' }), { kid }),
    'HS256 with the public key as DER': hs256(publicKey.export({ type: 'spki', format: 'der' }), {
      kid,
    }),
    'HS256 with no secret': hs256('', { kid }),
    'of another audience': rs256({ aud: isService ? 'netra' : 'netra-auth' }),
    'of no audience': rs256({ aud: undefined }),
    'of another issuer': rs256({ iss: 'https://issuer.example' }),
    'of another type': rs256({ type: 'refresh' }),
    ...(isService
      ? { "a person's by its type": rs256({ type: 'access', aud: 'netra' }) }
      : {
          "a service's by its type": rs256({ type: 'service', aud: 'netra-auth' }),
          'of no login session': rs256({ sid: '' }),
        }),
    'with its last sign changed': `${head}.${body}.${signature.slice(0, -2)}${signature.endsWith('AA') ? 'BB' : 'AA'}`,
    truncated: token.slice(0, -20),
  }
}
