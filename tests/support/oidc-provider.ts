import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Provider } from 'oidc-provider'

export const CLIENT = { id: 'netra', secret: 'the secret of netra at this provider' }

/** A client that has no secret. */
export const PUBLIC_CLIENT_ID = 'netra-in-public'

/** Somebody the provider knows; they sign in there by their subject. */
export interface Account {
  sub: string
  email?: string
  /** As the provider says it, whatever it is. */
  email_verified?: unknown
  name?: string
}

/** A real OpenID Connect provider (oidc-provider) in this process, on a free port of 127.0.0.1. */
export interface OidcProvider extends AsyncDisposable {
  issuer: string
  accounts: Map<string, Account>
  /** Settings that make a Netra use it. */
  env: Record<string, string>
  /**
   * `reachedAt`: where the provider itself reaches Netra, when not as browsers do.
   * Until it is called the provider answers 503, as one that is still starting.
   */
  serve(netraUrl: string, options?: { reachedAt?: string }): void
  /** How often each path was asked for. */
  asked: Map<string, number>
  /** Whom it told its clients about when they signed out, and whether the clients understood. */
  logoutsTold: { accountId: string; ok: boolean }[]
}

/** Life of everything it issues. */
const SECONDS = 60

export async function startOidcProvider(): Promise<OidcProvider> {
  const accounts = new Map<string, Account>()
  const asked = new Map<string, number>()
  const logoutsTold: OidcProvider['logoutsTold'] = []
  let handle = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(503).end('starting')
  }
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    if (path === '/favicon.ico') response.writeHead(204).end()
    else handle(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    accounts,
    asked,
    logoutsTold,
    env: {
      NETRA_OIDC_ISSUER: issuer,
      NETRA_OIDC_CLIENT_ID: CLIENT.id,
      NETRA_OIDC_CLIENT_SECRET: CLIENT.secret,
      NETRA_OIDC_NAME: 'Example ID',
    },
    serve(netraUrl, { reachedAt = netraUrl } = {}) {
      const provider = createProvider(issuer, { netraUrl, reachedAt }, accounts)
      provider.on('backchannel.success', (_context, _client, accountId) => {
        logoutsTold.push({ accountId, ok: true })
      })
      provider.on('backchannel.error', (_context, error, _client, accountId) => {
        logoutsTold.push({ accountId, ok: false })
        process.stderr.write(`back-channel logout: ${error.message}\n`)
      })
      const answer = provider.callback()
      handle = (request, response) => {
        if (request.url?.startsWith('/interaction/')) {
          void interact(provider, accounts, request, response)
        } else void answer(request, response)
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const signingKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: 'RS256',
})

function createProvider(
  issuer: string,
  { netraUrl, reachedAt }: { netraUrl: string; reachedAt: string },
  accounts: ReadonlyMap<string, Account>,
): Provider {
  const client = {
    redirect_uris: [`${netraUrl}/auth/callback/oidc`],
    backchannel_logout_uri: `${reachedAt}/auth/backchannel-logout/oidc`,
    backchannel_logout_session_required: true,
  }
  return new Provider(issuer, {
    clients: [
      { ...client, client_id: CLIENT.id, client_secret: CLIENT.secret },
      { ...client, client_id: PUBLIC_CLIENT_ID, token_endpoint_auth_method: 'none' },
    ],
    pkce: { required: () => true },
    // Without its guard against private addresses: the Netra of a test is at one.
    fetch: (url, { dispatcher: _guard, ...options }: RequestInit & { dispatcher?: unknown } = {}) =>
      fetch(url, options),
    jwks: { keys: [signingKey()] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        logoutSource(context, form) {
          context.body = pageOf(
            `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`,
          )
        },
        postLogoutSuccessSource(context) {
          context.body = pageOf('<p>You are signed out.</p>')
        },
      },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['a key for the cookies of a test'] },
    ttl: {
      AccessToken: SECONDS,
      AuthorizationCode: SECONDS,
      IdToken: SECONDS,
      Grant: 600,
      Interaction: 600,
      Session: 600,
    },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ ...accounts.get(accountId), sub: accountId }),
    }),
    // Netra is a client of the house: nobody is asked what it may see.
    async loadExistingGrant({ oidc }) {
      const accountId = oidc.session?.accountId
      const clientId = oidc.client?.clientId
      if (accountId === undefined || clientId === undefined) return undefined
      const grant = new oidc.provider.Grant({ accountId, clientId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
}

/** The provider's sign-in form: a subject, and a button to change one's mind. */
async function interact(
  provider: Provider,
  accounts: ReadonlyMap<string, Account>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(FORM)
    return
  }
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const form = new URLSearchParams(body)
  const accountId = form.get('subject') ?? ''
  const result =
    form.has('cancel') || !accounts.has(accountId)
      ? { error: 'access_denied', error_description: 'the person went away' }
      : { login: { accountId } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

const pageOf = (content: string): string =>
  `<!doctype html><html lang="en"><title>Example ID</title><h1>Example ID</h1>${content}</html>`

const FORM = pageOf(`<form method="post"><label>Subject <input name="subject"></label>
<button>Sign in</button> <button name="cancel" value="1">Cancel</button></form>`)
