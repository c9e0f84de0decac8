import type { JWTVerifyGetKey } from 'jose'
import type { Configuration, IDToken, ServerMetadata, UserInfoResponse } from 'openid-client'

import type { CircuitBreaker } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { FlowSecrets } from './flows.ts'
import { isAllowedEndpoint, providerFetch } from './provider-fetch.ts'
import type { ProviderSettings } from './provider-settings.ts'

/** Who the provider says somebody is. */
export interface ProviderPerson {
  /** Text, digit by digit as the provider sent it; unique within the issuer. */
  subject: string
  /** The provider's own login session. */
  sid: string | undefined
  email: string | undefined
  /** Only the provider's literal `true` counts. */
  emailVerified: boolean
  name: string | undefined
}

/** What a logout token (OpenID Connect Back-Channel Logout 1.0) says. */
export interface LogoutClaims {
  jti: string
  subject: string | undefined
  sid: string | undefined
}

interface Known {
  config: Configuration
  server: ServerMetadata
  algorithms: string[]
  /** For logout tokens; fetched with the first of them. */
  keys: JWTVerifyGetKey | undefined
  discoveredAtMs: number
}

const TIMEOUT_SECONDS = 5
const CLOCK_TOLERANCE_SECONDS = 60
const FRESH_MS = 3600_000
/** A document that cannot be had anew serves for another day. */
const STALE_MS = 24 * 3600_000
const LOGOUT_TOKEN_AGE_SECONDS = 300
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Signatures that only the provider can make: no `none`, no secret that we share with it. */
const ASYMMETRIC = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' '),
)
const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const

// Loaded with the first sign-in: nobody waits for it at start.
const loadClient = () => import('openid-client')

/** One provider: discovered at first use, and asked again when that failed. */
export class Provider {
  readonly settings: ProviderSettings
  /** Under which its people stand in the account store: a subject means nothing beyond its issuer. */
  readonly key: string
  readonly #clock: Clock
  readonly #fetch: ReturnType<typeof providerFetch>
  #known: Known | undefined
  #discovering: Promise<Known> | undefined

  constructor(settings: ProviderSettings, clock: Clock, breaker: CircuitBreaker) {
    this.settings = settings
    this.key = settings.id === 'oidc' ? `oidc ${settings.issuer}` : settings.id
    this.#clock = clock
    this.#fetch = providerFetch(settings.issuer, breaker)
  }

  /** Where the browser goes to sign in. */
  async authorizationUrl(redirectUri: string, secrets: FlowSecrets): Promise<string> {
    const client = await loadClient()
    const { config } = await this.#configuration()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
    })
    return url.href
  }

  /** Turns the answer that the browser brought into a person; every check of it is here. */
  async redeem(
    redirectUri: string,
    answer: URLSearchParams,
    secrets: FlowSecrets,
  ): Promise<ProviderPerson> {
    const client = await loadClient()
    const { config, server } = await this.#configuration()
    const tokens = await client.authorizationCodeGrant(
      config,
      new URL(`${redirectUri}?${answer.toString()}`),
      {
        expectedState: secrets.state,
        expectedNonce: secrets.nonce,
        pkceCodeVerifier: secrets.verifier,
        idTokenExpected: true,
      },
    )
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('the provider sent no id_token')
    if (claims.azp !== undefined && claims.azp !== this.settings.clientId) {
      throw new Error('the id_token was made for another client ("azp")')
    }
    if (claims.sub.length < 1 || claims.sub.length > 255) {
      throw new Error('the "sub" of the id_token is empty or longer than 255 characters')
    }
    const info =
      server.userinfo_endpoint === undefined
        ? undefined
        : await client.fetchUserInfo(config, tokens.access_token, claims.sub)
    return personOf(claims, info)
  }

  /** @throws when the token is not one of this provider's logout tokens for us, made just now. */
  async logoutClaims(logoutToken: string): Promise<LogoutClaims> {
    const jose = await import('jose')
    const known = await this.#configuration()
    known.keys ??= jose.createRemoteJWKSet(new URL(known.server.jwks_uri ?? ''), {
      timeoutDuration: TIMEOUT_SECONDS * 1000,
      [jose.customFetch]: (url, { method, headers, signal }) =>
        this.#fetch(url, {
          method,
          headers: Object.fromEntries(headers),
          body: null,
          redirect: 'manual',
          signal,
        }),
    })
    const { payload, protectedHeader } = await jose.jwtVerify(logoutToken, known.keys, {
      issuer: known.server.issuer,
      audience: this.settings.clientId,
      algorithms: known.algorithms,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: LOGOUT_TOKEN_AGE_SECONDS,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      currentDate: new Date(this.#clock.now()),
    })
    const { typ } = protectedHeader
    if (typ !== undefined && typ.toLowerCase() !== 'logout+jwt' && typ !== 'JWT') {
      throw new Error('the "typ" of the logout token is that of something else')
    }
    const { jti, sub, sid, nonce, events } = payload
    const isLogout = typeof events === 'object' && events !== null && LOGOUT_EVENT in events
    if (!isLogout) throw new Error('the logout token has no back-channel logout event')
    if (nonce !== undefined) throw new Error('a logout token has no "nonce"')
    if (typeof jti !== 'string' || jti === '') throw new Error('the logout token has no "jti"')
    if (sub !== undefined && typeof sub !== 'string') throw new Error('the "sub" is not text')
    if (sid !== undefined && typeof sid !== 'string') throw new Error('the "sid" is not text')
    if (sub === undefined && sid === undefined) {
      throw new Error('the logout token names neither a subject nor a session')
    }
    return { jti, subject: sub, sid }
  }

  async #configuration(): Promise<Known> {
    const known = this.#known
    const ageMs = known ? this.#clock.now() - known.discoveredAtMs : Infinity
    if (known && ageMs < FRESH_MS) return known
    this.#discovering ??= this.#discover().finally(() => {
      this.#discovering = undefined
    })
    try {
      return await this.#discovering
    } catch (error) {
      if (known && ageMs < STALE_MS) return known
      throw error
    }
  }

  async #discover(): Promise<Known> {
    const client = await loadClient()
    const { issuer, clientId, clientSecret } = this.settings
    const insecure = issuer.startsWith('http:')
    const { allowInsecureRequests } = client
    const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
      [client.customFetch]: this.#fetch,
      timeout: TIMEOUT_SECONDS,
      ...(insecure && { execute: [allowInsecureRequests] }),
    })
    const server: ServerMetadata = found.serverMetadata()
    for (const endpoint of [...ENDPOINTS, 'userinfo_endpoint' as const]) {
      const address = server[endpoint]
      if (address === undefined && endpoint === 'userinfo_endpoint') continue
      if (address === undefined || !isAllowedEndpoint(issuer, address)) {
        throw new Error(`the provider's ${endpoint} is missing or not an https address`)
      }
    }
    const announced: string[] = server.id_token_signing_alg_values_supported ?? ['RS256']
    const algorithms = announced.filter((algorithm) => ASYMMETRIC.has(algorithm))
    if (algorithms.length === 0) throw new Error('the provider signs in no way that can be trusted')
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const authentication =
      clientSecret === undefined
        ? client.None()
        : methods.includes('client_secret_basic')
          ? client.ClientSecretBasic(clientSecret)
          : client.ClientSecretPost(clientSecret)
    const pinned: ServerMetadata = { ...server, id_token_signing_alg_values_supported: algorithms }
    const config = new client.Configuration(
      pinned,
      clientId,
      { [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
      authentication,
    )
    config[client.customFetch] = this.#fetch
    config.timeout = TIMEOUT_SECONDS
    if (insecure) allowInsecureRequests(config)
    // Without it a signature is not looked at in this flow, where TLS vouches for the token.
    client.enableNonRepudiationChecks(config)
    const discoveredAtMs = this.#clock.now()
    this.#known = { config, server, algorithms, keys: undefined, discoveredAtMs }
    return this.#known
  }
}

/** Address and proof of it come from one answer, never half from each. */
function personOf(claims: IDToken, info: UserInfoResponse | undefined): ProviderPerson {
  const source = typeof info?.email === 'string' ? info : claims
  const { sub: subject, sid } = claims
  const name = info?.name ?? claims['name']
  return {
    subject,
    sid: typeof sid === 'string' ? sid : undefined,
    email: typeof source.email === 'string' ? source.email : undefined,
    emailVerified: source.email_verified === true,
    name: typeof name === 'string' ? name : undefined,
  }
}
