import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

import { Provider } from 'oidc-provider'

import { startMcpServer, type McpHttpServer } from './mcp-http.ts'

/** A real MCP server that lets in whom a real authorization server (oidc-provider) vouches for. */
export interface AuthorizedMcpServer extends AsyncDisposable {
  /** Of the MCP endpoint. */
  url: string
  issuer: string
  inner: McpHttpServer
  /** Tokens that were shown at the MCP endpoint, oldest first. */
  shown: string[]
  /** Requests at the authorization server, oldest first: `GET /auth?…`, `POST /token`. */
  asked: string[]
  /** Whoever comes to sign in is this subject; undefined: they do not agree. */
  subject: string | undefined
  /** What calls of `write_note` need besides. */
  writeScope: string | undefined
  /** While set, the token endpoint answers so. */
  tokenStatus: number | undefined
  /** No access token is good any more; refresh tokens are. */
  expireAll(): Promise<void>
  /** No refresh token is good any more either. */
  endAll(): Promise<void>
}

interface Stored {
  destroy(): Promise<void>
}

export async function startAuthorizedMcpServer(): Promise<AuthorizedMcpServer> {
  const inner = await startMcpServer()
  const issued = { access: new Set<Stored>(), refresh: new Set<Stored>() }
  const ended = async (tokens: Set<Stored>): Promise<void> => {
    for (const token of tokens) await token.destroy()
    tokens.clear()
  }
  const authorization = createServer()
  const resource = createServer()
  const [issuer, at] = [await listening(authorization), await listening(resource)]
  const served: AuthorizedMcpServer = {
    url: `${at}/mcp`,
    issuer,
    inner,
    shown: [],
    asked: [],
    subject: 'somebody',
    writeScope: undefined,
    tokenStatus: undefined,
    expireAll: () => ended(issued.access),
    async endAll() {
      await ended(issued.access)
      await ended(issued.refresh)
    },
    async [Symbol.asyncDispose]() {
      for (const server of [authorization, resource]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
      await inner[Symbol.asyncDispose]()
    },
  }
  const provider = createProvider(issuer, served.url)
  provider.on('access_token.saved', (token) => issued.access.add(token))
  provider.on('refresh_token.saved', (token) => issued.refresh.add(token))
  const answer = provider.callback()
  authorization.on('request', (request, response) => {
    served.asked.push(`${request.method} ${request.url}`)
    const { subject } = served
    if (request.url === '/token' && served.tokenStatus !== undefined) {
      response.writeHead(served.tokenStatus, { 'content-type': 'application/json' }).end('{}')
    } else if (request.url?.startsWith('/interaction/')) {
      void interact(provider, { request, response, subject })
    } else void answer(request, response)
  })
  resource.on('request', (request, response) => {
    void guard(served, provider, request, response)
  })
  return served
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Signs in and agrees at once, or goes away. */
async function interact(
  provider: Provider,
  visit: { request: IncomingMessage; response: ServerResponse; subject: string | undefined },
): Promise<void> {
  const { request, response, subject } = visit
  const { params, prompt, grantId } = await provider.interactionDetails(request, response)
  const clientId = String(params['client_id'])
  let result: Record<string, unknown> = { error: 'access_denied' }
  if (subject !== undefined && prompt.name === 'login') result = { login: { accountId: subject } }
  if (subject !== undefined && prompt.name === 'consent') {
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const grant = known ?? new provider.Grant({ accountId: subject, clientId })
    const scope = typeof params['scope'] === 'string' ? params['scope'] : ''
    grant.addOIDCScope(scope)
    grant.addResourceScope(String(params['resource']), scope)
    result = { consent: { grantId: await grant.save() } }
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
}

async function guard(
  served: AuthorizedMcpServer,
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin } = new URL(served.url)
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
  if (request.url?.startsWith('/.well-known/oauth-protected-resource')) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        resource: served.url,
        authorization_servers: [served.issuer],
        scopes_supported: ['notes:read', 'notes:write'],
      }),
    )
    return
  }
  const body: Buffer[] = []
  for await (const piece of request) body.push(piece as Buffer)
  const text = Buffer.concat(body).toString()
  const value = request.headers.authorization?.replace(/^Bearer /, '')
  if (value !== undefined) served.shown.push(value)
  const token = value === undefined ? undefined : await provider.AccessToken.find(value)
  const refuse = (status: number, challenge: string): void => {
    const header = `Bearer ${challenge}, resource_metadata="${metadata}"`
    response.writeHead(status, { 'www-authenticate': header }).end()
  }
  if (token?.aud !== served.url) return refuse(401, 'error="invalid_token", scope="notes:read"')
  const { writeScope } = served
  const isWrite = text.includes('"tools/call"') && text.includes('"write_note"')
  if (writeScope !== undefined && isWrite && !token.scopes.has(writeScope)) {
    return refuse(403, `error="insufficient_scope", scope="${writeScope}"`)
  }
  const { hostname, port } = new URL(served.inner.url)
  const headers = { ...request.headers }
  delete headers.authorization
  const passed = forward(
    { hostname, port, path: '/mcp', method: request.method, headers },
    (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers)
      from.pipe(response)
    },
  )
  passed.on('error', () => response.destroy())
  response.on('close', () => passed.destroy())
  passed.end(text)
}

const signingKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: 'RS256',
})

const SECONDS = 600

function createProvider(issuer: string, resource: string): Provider {
  return new Provider(issuer, {
    clients: [],
    jwks: { keys: [signingKey()] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'notes:read', 'notes:write'],
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => ({
          scope: 'notes:read notes:write',
          audience: resource,
          accessTokenTTL: SECONDS,
          accessTokenFormat: 'opaque',
        }),
        useGrantedResource: () => true,
      },
    },
    // Whoever registers for refresh tokens gets them, each good once.
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['a key for the cookies of a test'] },
    ttl: {
      AccessToken: SECONDS,
      AuthorizationCode: 60,
      Grant: SECONDS,
      Interaction: SECONDS,
      RefreshToken: SECONDS,
      Session: SECONDS,
      IdToken: SECONDS,
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  })
}
