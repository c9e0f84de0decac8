import type { FastifyRequest } from 'fastify'

import { CLASSIC_SUBPROTOCOL } from '../classic/subprotocol-token.ts'
import type { Http } from './http.ts'

/** The addresses and limits of `GET /api/config`, by the names that classic clients ask for. */
export function addClassicConfigRoutes({ app, parts }: Http): void {
  const addressesFor = (request: FastifyRequest) => {
    const { publicUrl, authUrl, webUrl, basePath } = parts.addresses()
    const host = request.headers.host ?? new URL(publicUrl).host
    const api = `${parts.https ? 'https' : 'http'}://${host}${basePath}`
    const ws = `${api.replace(/^http/, 'ws')}/ws`
    // The web app is served here, unless it has an address of its own.
    const web = webUrl === publicUrl ? api : webUrl
    const auth = authUrl ?? api
    return {
      backend: { url: api, api_url: `${api}/api`, ws_url: ws },
      auth: { url: auth, api_url: `${auth}/auth`, ws_url: null },
      frontend: { url: web, api_url: `${api}/api`, ws_url: ws },
    }
  }
  const limits = {
    max_message_size: parts.limits.maxFrameBytes,
    max_connections_per_user: parts.limits.maxConnectionsPerUser,
    max_upload_bytes: parts.maxUploadBytes,
    heartbeat_interval: parts.limits.heartbeatIntervalMs / 1000,
    connection_timeout: parts.limits.heartbeatTimeoutMs / 1000,
  }

  app.get('/ws/config', async (request) => {
    const { backend } = addressesFor(request)
    return {
      websocket: {
        url: backend.ws_url,
        paths: ['/ws', '/websocket'],
        ...(parts.environment !== 'production' && { test_url: `${backend.ws_url}/test` }),
        subprotocols: [CLASSIC_SUBPROTOCOL],
        authentication: ['authorization_header', 'subprotocol'],
      },
      limits,
    }
  })

  app.get('/api/config/public', async (request) => {
    const services = addressesFor(request)
    return {
      environment: parts.environment,
      version: parts.version,
      api_url: services.backend.api_url,
      ws_url: services.backend.ws_url,
      services,
      limits,
    }
  })

  app.get('/api/discovery/services', async (request) => ({
    status: parts.draining() ? 'draining' : 'ok',
    timestamp: new Date(parts.clock.now()).toISOString(),
    services: addressesFor(request),
  }))
}
