import type { FastifyInstance, FastifyRequest } from 'fastify'

import { HttpError, nothingAt } from './http-error.ts'

interface KnownRoute {
  method: string
  /** As it was registered: `/api/threads/:id`. */
  url: string
}

const known = new WeakMap<object, KnownRoute[]>()

/** Keeps a table of the routes of this server; before the first of them is added. */
export function noteRoutes(app: FastifyInstance): void {
  const routes: KnownRoute[] = []
  known.set(app.server, routes)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url })
  })
}

/** Every route, as it was registered. */
export const routesOf = (app: FastifyInstance): readonly KnownRoute[] => known.get(app.server) ?? []

/** What a request for no route is answered: 405 when the path is one of another method's. */
export function noRoute(request: FastifyRequest): HttpError {
  const path = request.url.split('?')[0] ?? ''
  const methods = routesOf(request.server)
    .filter(({ url, method }) => method !== 'OPTIONS' && isPath(url, path))
    .map(({ method }) => method)
  if (methods.length === 0) return nothingAt(request)
  const allow = [...new Set(methods)].toSorted().join(', ')
  return new HttpError(
    405,
    'METHOD_NOT_ALLOWED',
    `${request.method} is not possible here; ${allow} is.`,
    { allow },
  )
}

function isPath(pattern: string, path: string): boolean {
  if (pattern.includes('*')) return false
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  )
}
