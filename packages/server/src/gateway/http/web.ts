import { existsSync } from 'node:fs'
import { join } from 'node:path'

import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

import { HttpError } from './http-error.ts'
import { noRoute } from './known-routes.ts'
import { readPage, type PageAddresses } from './web-page.ts'

/** Paths that are never the web app's: a wrong one there is a 404 in JSON, not a page. */
const NOT_PAGES = [
  '/api/',
  '/auth/',
  '/oauth/',
  '/.well-known/',
  '/health',
  '/ws',
  '/websocket',
  '/assets/',
  '/v1/',
]

/** Serves the built web app; every path of the app itself answers with its one page. */
export async function addWebApp(
  app: FastifyInstance,
  { webFolder, page }: { webFolder: string; page: () => PageAddresses },
): Promise<void> {
  const isBuilt = existsSync(join(webFolder, 'index.html'))
  let html: string | undefined
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const isPage = request.method === 'GET' && !NOT_PAGES.some((start) => path.startsWith(start))
    if (!isPage) {
      throw noRoute(request)
    }
    if (!isBuilt) {
      throw new HttpError(
        503,
        'SERVICE_UNAVAILABLE',
        'The web app is not built. Run: npm run build --workspace @netra/web',
      )
    }
    html ??= readPage(webFolder, page())
    return reply
      .header('cache-control', 'no-cache')
      .header('content-type', 'text/html; charset=utf-8')
      .send(html)
  })
  if (!isBuilt) return
  await app.register(fastifyStatic, {
    root: webFolder,
    index: false,
    // `/` and `/index.html` are the page, which is more than the file.
    allowedPath: (path) => !path.endsWith('/') && path !== '/index.html',
    cacheControl: false,
    setHeaders(reply, path) {
      const immutable = path.includes('/assets/')
      void reply.header(
        'cache-control',
        immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
    },
  })
}
