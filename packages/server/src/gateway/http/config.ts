import { PROTOCOL_VERSION } from '@netra/protocol'

import type { Http } from './http.ts'

/** Every address and limit a client needs; nothing else may hold one. */
export function addConfigRoutes({ app, parts }: Http): void {
  app.get('/api/config', async (request) => {
    const { demo, e2e, ...entrance } = await parts.identities.entrance(parts.isLocal(request))
    const { publicUrl, authUrl, basePath } = parts.addresses()
    const host = request.headers.host ?? new URL(publicUrl).host
    const base = `${parts.https ? 'https' : 'http'}://${host}${basePath}`
    const wsBase = base.replace(/^http/, 'ws')
    return {
      protocol_version: PROTOCOL_VERSION,
      version: parts.version,
      revision: parts.revision,
      environment: parts.environment,
      api_url: base,
      auth_url: authUrl ?? base,
      ws_url: `${wsBase}/ws`,
      ws_paths: ['/ws', '/websocket'],
      // Where a proxy lets no socket through.
      events_url: `${base}/api/events`,
      commands_url: `${base}/api/commands`,
      auth: entrance,
      demo,
      e2e,
      /** How much of the service there is; `why` is for people. */
      mode: parts.mode.now(),
      /** Start-up checks that did not pass and that the operator goes around: normally none. */
      startup_bypass: parts.startup.bypassed,
      /** Conversations untouched for so many days are erased; null keeps them. */
      retention_days: parts.retention.days,
      limits: {
        max_frame_bytes: parts.limits.maxFrameBytes,
        max_upload_bytes: parts.maxUploadBytes,
        max_connections_per_user: parts.limits.maxConnectionsPerUser,
        max_subscriptions: parts.limits.maxSubscriptions,
      },
      heartbeat: {
        interval_ms: parts.limits.heartbeatIntervalMs,
        timeout_ms: parts.limits.heartbeatTimeoutMs,
      },
    }
  })
}
