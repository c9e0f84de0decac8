import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { OAuthFailure, type OAuthFailureCode, type Onward } from '../../auth/auth.ts'
import { HttpError, parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { refusing } from './refusing.ts'

const ProviderId = z.string().regex(/^[a-z0-9-]{1,40}$/, 'is not the id of a provider')
export const start = z.object({
  provider: ProviderId.optional(),
  return_to: z.string().max(4_000).optional(),
  invitation: z.string().max(200).optional(),
})
const named = z.object({ id: ProviderId })
export const link = z.strictObject({ return_to: z.string().max(4_000).optional() })
export const logout = z.object({ logout_token: z.string().max(32_768).default('') })
const MAX_FORM_BYTES = 64 * 1024

const STATUS: Record<OAuthFailureCode, [number, string]> = {
  access_denied: [403, 'AUTH_UNAUTHORIZED'],
  state_invalid: [401, 'AUTH_FAILED'],
  provider_unavailable: [503, 'SERVICE_UNAVAILABLE'],
  provider_error: [502, 'PROVIDER_ERROR'],
  email_not_verified: [403, 'EMAIL_NOT_VERIFIED'],
  account_exists: [409, 'DB_RECORD_EXISTS'],
  already_linked: [409, 'DB_RECORD_EXISTS'],
  registration_refused: [403, 'AUTH_UNAUTHORIZED'],
  account_disabled: [403, 'AUTH_UNAUTHORIZED'],
  rate_limited: [429, 'RATE_LIMITED'],
}

/** Signing in through providers: two redirects, the links of an account, and the provider's logout. */
export function addOAuthRoutes(http: AuthHttp): void {
  addSignIn(http)
  addLinks(http)
  addProviderLogout(http)
}

function addSignIn({ app, parts }: AuthHttp): void {
  const { oauth } = parts.auth

  app.get('/oauth/providers', async () => ({
    providers: oauth.list().map(({ id, name }) => ({
      id,
      name,
      login_url: `${authUrl(parts)}/auth/login?provider=${id}`,
      redirect_uri: redirectUri(parts, id),
    })),
  }))

  app.get('/auth/login', async (request, reply) => {
    const elsewhere = atPublicHost(parts, request)
    if (elsewhere !== undefined) return reply.redirect(elsewhere)
    const query = parse(start, request.query)
    const id = query.provider ?? oauth.list()[0]?.id ?? ''
    return answer(parts, request, reply, () =>
      oauth.begin(id, {
        ...visitorOf(request),
        redirectUri: redirectUri(parts, id),
        returnTo: query.return_to,
        invitation: query.invitation,
      }),
    )
  })

  const finish = (id: string | undefined, request: FastifyRequest, reply: FastifyReply) =>
    answer(parts, request, reply, async () => {
      const query = new URLSearchParams(request.url.split('?')[1] ?? '')
      const fromLoopback = parts.isLocal(request)
      const onward = await oauth.finish(id, query, { ...visitorOf(request), fromLoopback })
      return { ...onward, to: `${parts.addresses().webUrl}${onward.to}` }
    })

  app.get('/auth/callback', (request, reply) => finish(undefined, request, reply))
  app.get('/auth/callback/:id', (request, reply) =>
    finish(parse(named, request.params).id, request, reply),
  )
}

const NOT_FOR_TEST_USERS = 'A test user has no other way to sign in: it ends in hours.'

function addLinks({ app, parts, user }: AuthHttp): void {
  const { oauth } = parts.auth

  app.post('/auth/providers/:id/link', async (request, reply) => {
    const identity = await user(request)
    const { id } = parse(named, request.params)
    const { return_to: returnTo = '/settings' } = parse(link, request.body)
    if (identity.isTestUser) throw new HttpError(403, 'AUTH_UNAUTHORIZED', NOT_FOR_TEST_USERS)
    const onward = await failing(() =>
      oauth.beginLink(identity, id, {
        ...visitorOf(request),
        redirectUri: redirectUri(parts, id),
        returnTo,
      }),
    )
    return reply.header('set-cookie', onward.setCookies).send({ url: onward.to })
  })

  app.delete('/auth/providers/:id', async (request, reply) => {
    const identity = await user(request)
    const { id } = parse(named, request.params)
    await refusing(() => oauth.unlink(identity, id, request.ip))
    return reply.status(204).send()
  })
}

/** The provider itself calls here; what it says is signed, so it needs no other credential. */
function addProviderLogout({ app, parts }: AuthHttp): void {
  void app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    scope.post('/auth/backchannel-logout/:id', async (request, reply) => {
      const { id } = parse(named, request.params)
      const { logout_token: token } = parse(logout, request.body)
      await failing(() => parts.auth.oauth.logouts.take(id, token, request.ip))
      return reply.status(200).send()
    })
  })
}

/** A redirect; of a failure one to a page that explains it, or JSON for whoever reads no pages. */
async function answer(
  parts: AuthHttp['parts'],
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<Onward>,
): Promise<FastifyReply> {
  const readsPages = request.headers.accept?.includes('text/html') ?? false
  try {
    const { to, setCookies } = await work()
    if (setCookies.length > 0) void reply.header('set-cookie', setCookies)
    return await reply.redirect(to)
  } catch (error) {
    if (!readsPages || !(error instanceof OAuthFailure)) return failing(() => Promise.reject(error))
    if (error.code === 'rate_limited') parts.limited()
    const page = new URL(`${parts.addresses().webUrl}${error.returnTo ?? '/sign-in'}`)
    page.searchParams.set('error', error.code)
    page.searchParams.set('trace_id', error.traceId)
    return reply.redirect(page.href)
  }
}

/** As `refusing`, and for what went wrong with a provider. */
async function failing<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await refusing(work)
  } catch (error) {
    if (!(error instanceof OAuthFailure)) throw error
    const [status, code] = STATUS[error.code]
    throw new HttpError(status, code, error.message, {
      details: { code: error.code, trace_id: error.traceId },
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    })
  }
}

const authUrl = (parts: AuthHttp['parts']): string =>
  parts.addresses().authUrl ?? parts.addresses().publicUrl

const redirectUri = (parts: AuthHttp['parts'], id: string): string =>
  `${authUrl(parts)}/auth/callback/${id}`

const visitorOf = ({ ip, headers }: FastifyRequest) => ({
  address: ip,
  userAgent: headers['user-agent'],
  cookie: headers.cookie,
})

/**
 * The same request at the public host, when it came by another name of this machine: the browser
 * comes back to the public one, where cookies of this one are not sent. Once only, for behind some
 * proxies every request has another name.
 */
function atPublicHost(parts: AuthHttp['parts'], request: FastifyRequest): string | undefined {
  const url = new URL(authUrl(parts))
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  if (request.headers.host === url.host || query.has('moved')) return undefined
  query.set('moved', '1')
  return `${authUrl(parts)}/auth/login?${query.toString()}`
}
