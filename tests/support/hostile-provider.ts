import { createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Claims = Record<string, unknown>

/** What this provider does otherwise than an honest one; an empty object is honest. */
export interface Tricks {
  /** The id_token's claims, from the honest ones. */
  idToken?: (claims: Claims) => Claims
  /** Signs claims its own way. */
  sign?: (claims: Claims) => string
  /** The whole body of the token answer's id_token payload, as text. */
  payload?: (claims: Claims) => string
  userInfo?: (claims: Claims) => Claims
  /** The query with which the browser is sent back. */
  answer?: (query: URLSearchParams) => void
  discovery?: (document: Claims) => Claims
  token?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** A provider that lies as it is told to, with keys of its own, on a free port of 127.0.0.1. */
export interface HostileProvider extends AsyncDisposable {
  issuer: string
  env: Record<string, string>
  person: Claims
  tricks: Tricks
  /** Forms that the token endpoint got. */
  tokenRequests: URLSearchParams[]
  publicKeyPem: string
  signed(claims: Claims, header?: Claims, key?: KeyObject): string
  logoutClaims(more?: Claims): Claims
}

const CLIENT_ID = 'netra'
const encode = (value: unknown): string => base64url(JSON.stringify(value))
const base64url = (text: string): string => Buffer.from(text).toString('base64url')
const now = (): number => Math.floor(Date.now() / 1000)

const newKeys = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A key that the provider never published. */
export const strangersKey = (): KeyObject => newKeys().privateKey

/** A JWT with no signature at all. */
export const unsigned = (claims: Claims): string =>
  `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`

/** A JWT "signed" with text that everybody knows. */
export function macSigned(claims: Claims, secret: string): string {
  const head = `${encode({ alg: 'HS256', typ: 'JWT', kid: 'one' })}.${encode(claims)}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}

export async function startHostileProvider(): Promise<HostileProvider> {
  const { privateKey, publicKey } = newKeys()
  const nonces = new Map<string, string>()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rawSigned = (payload: string, header: Claims = {}, key = privateKey): string => {
    const head = `${encode({ alg: 'RS256', kid: 'one', ...header })}.${base64url(payload)}`
    return `${head}.${sign('RSA-SHA256', Buffer.from(head), key).toString('base64url')}`
  }
  const provider: HostileProvider = {
    issuer,
    env: {
      NETRA_OIDC_ISSUER: issuer,
      NETRA_OIDC_CLIENT_ID: CLIENT_ID,
      NETRA_OIDC_CLIENT_SECRET: 'a secret that the hostile one knows',
    },
    person: {},
    tricks: {},
    tokenRequests: [],
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signed: (claims, header, key) => rawSigned(JSON.stringify(claims), header, key),
    logoutClaims: (more = {}) => ({
      iss: issuer,
      aud: CLIENT_ID,
      iat: now(),
      exp: now() + 120,
      jti: randomBytes(8).toString('hex'),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      ...more,
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  const discovery = (): Claims => {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      // Announces what must never be believed.
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    }
    return provider.tricks.discovery?.(document) ?? document
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer)
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return void json(discovery())
      case '/jwks':
        return void json({
          keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }],
        })
      case '/authorize':
        authorize(url.searchParams, response)
        return
      case '/token': {
        let body = ''
        for await (const chunk of request) body += String(chunk)
        const form = new URLSearchParams(body)
        provider.tokenRequests.push(form)
        if (provider.tricks.token?.(request, response)) return
        return void json(tokensFor(form.get('code') ?? ''))
      }
      case '/userinfo':
        return void json(provider.tricks.userInfo?.(provider.person) ?? provider.person)
      default:
        response.writeHead(404).end()
    }
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const code = randomBytes(16).toString('hex')
    nonces.set(code, query.get('nonce') ?? '')
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    back.searchParams.set('iss', issuer)
    provider.tricks.answer?.(back.searchParams)
    response.writeHead(302, { location: back.href }).end()
  }

  function tokensFor(code: string): Claims {
    const { tricks, person } = provider
    const honest: Claims = {
      iss: issuer,
      aud: CLIENT_ID,
      exp: now() + 60,
      iat: now(),
      nonce: nonces.get(code),
      sid: `sid of ${code}`,
      ...person,
    }
    const claims = tricks.idToken?.(honest) ?? honest
    const idToken =
      tricks.sign?.(claims) ?? rawSigned(tricks.payload?.(claims) ?? JSON.stringify(claims))
    return { access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token: idToken }
  }

  return provider
}
