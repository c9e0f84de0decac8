import { PassThrough } from 'node:stream'

import { z } from 'zod'

import { FEED_HEARTBEAT_MS, type FeedLine } from '../../identity/identity.ts'
import { parse } from '../http/http-error.ts'
import type { AuthHttp } from './auth-http.ts'
import { serviceCalling } from './service-caller.ts'

export const from = z.object({ position: z.string().max(100).optional() })
/** A reader so far behind comes back with its position. */
const MAX_WAITING_BYTES = 1024 * 1024

/**
 * What changed, as lines of JSON that never end: from a position on, or a `reset` when nobody can say
 * what followed it. Ends when the reader's right to read it does.
 */
export function addFeedRoute({ app, parts }: AuthHttp): void {
  const { auth, clock } = parts
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const end of open) end()
  })

  app.route({
    method: 'GET',
    url: '/auth/feed',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { token } = serviceCalling(auth, request, 'feed:read')
      const { position: asked } = parse(from, request.query)
      const body = new PassThrough()
      const say = (line: FeedLine): void => {
        body.write(`${JSON.stringify(line)}\n`)
      }
      let position = asked ?? ''
      const tell = (): boolean => {
        const found = auth.changes.after(position)
        if ('reset' in found) {
          position = auth.changes.head()
          say({ kind: 'reset', position, why: found.reset })
          return false
        }
        for (const line of found.lines) say(line)
        position = found.lines.at(-1)?.position ?? position
        return found.lines.length > 0
      }
      const tellAll = (): void => {
        while (tell());
        if (body.readableLength + body.writableLength > MAX_WAITING_BYTES) end()
      }
      const end = (): void => {
        if (!open.delete(end)) return
        cancel()
        stop()
        body.end()
      }
      const beat = (): void => {
        if (auth.services.check(token)?.scopes.includes('feed:read') !== true) return end()
        say({ kind: 'heartbeat', position })
        cancel = clock.after(FEED_HEARTBEAT_MS, beat)
      }
      if (!('reset' in auth.changes.after(position))) say({ kind: 'begin', position })
      const stop = auth.changes.onChange(tellAll)
      let cancel = clock.after(FEED_HEARTBEAT_MS, beat)
      open.add(end)
      tellAll()
      body.on('close', end)
      body.on('error', end)
      return reply
        .header('content-type', 'application/x-ndjson; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(body)
    },
  })
}
