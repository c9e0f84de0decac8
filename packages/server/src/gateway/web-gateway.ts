import fastify from 'fastify'

import { belowBase, basePathOf } from './addresses.ts'
import { BODY_TIMES } from './http/body-arrivals.ts'
import { errorBody } from './http/error-body.ts'
import { answerClientError, refuseExpectations } from './http/error-sender.ts'
import { HttpError } from './http/http-error.ts'
import { addSecurityHeaders } from './http/security-headers.ts'
import { addWebApp } from './http/web.ts'

export interface WebGateway extends AsyncDisposable {
  port: number
}

/**
 * The web app alone, at a host of its own: files and one page, which is told where the node and the
 * auth service are. It holds no data and asks nobody.
 */
export async function openWebGateway(
  options: { webUrl: string; apiUrl: string; authUrl: string | undefined; webFolder: string },
  listen: { host: string; port: number },
): Promise<WebGateway> {
  const { webUrl, apiUrl, authUrl, webFolder } = options
  const base = basePathOf(webUrl)
  const app = fastify({
    logger: false,
    forceCloseConnections: 'idle',
    rewriteUrl: ({ url = '/' }) => belowBase(base, url),
    clientErrorHandler: answerClientError,
    // No route here has a body.
    requestTimeout: BODY_TIMES.wholeMs,
  })
  refuseExpectations(app.server)
  const others = [apiUrl, ...(authUrl === undefined ? [] : [authUrl])]
  addSecurityHeaders(app, { https: webUrl.startsWith('https:'), others: () => others })
  app.setErrorHandler((error, _request, reply) => {
    const { status, code, message } =
      error instanceof HttpError
        ? error
        : { status: 500, code: 'INTERNAL_ERROR', message: 'The web app could not be read.' }
    return reply.status(status).send(errorBody(code, message))
  })
  app.get('/health', async () => ({ status: 'healthy', service: 'netra-web' }))
  await addWebApp(app, {
    webFolder,
    page: () => ({ base, api: apiUrl, auth: authUrl ?? null }),
  })
  await app.listen(listen)
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no address')
  return { port: bound.port, [Symbol.asyncDispose]: () => app.close() }
}
