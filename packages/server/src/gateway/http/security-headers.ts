import type { FastifyInstance } from 'fastify'

/**
 * One policy for every answer (S1, S23, S24). Styles and scripts come from files of ours only.
 *
 * `others`: addresses of ours at other origins that a page of this one may ask.
 */
export function addSecurityHeaders(
  app: FastifyInstance,
  { https, others }: { https: boolean; others: () => readonly string[] },
): void {
  app.addHook('onSend', async (request, reply) => {
    const own = `${https ? 'wss' : 'ws'}://${request.headers.host ?? ''}`
    const policy = [
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      ['connect-src', "'self'", own, ...others().flatMap(connections)].join(' '),
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ]
    // What a user uploaded has a stricter one of its own.
    if (!reply.hasHeader('content-security-policy')) {
      void reply.header('content-security-policy', policy.join('; '))
    }
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      ...(https && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
    })
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
  })
}

/** The origin of an address, for requests and for sockets. */
function connections(url: string): string[] {
  const { origin } = new URL(url)
  return [origin, origin.replace(/^http/, 'ws')]
}
