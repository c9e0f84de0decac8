import { createHash } from 'node:crypto'

import { z } from 'zod'

import { absent, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
const DAY_MS = 24 * 3600 * 1000
const waited = z.number().min(0).max(DAY_MS)

/** What one browser's own clock says that its person waited, in milliseconds. */
export const seenBody = z.object({
  click_to_ok_ms: waited,
  click_to_first_event_ms: waited,
  click_to_first_text_ms: waited.nullable(),
  click_to_end_ms: waited,
  /** Tells devices of one sign-in apart; without it the sign-in is the device. */
  device: z.string().min(1).max(128).optional(),
})

/** Why an answer took as long as it did: for who asked the question. */
export function addTimelineRoutes({ app, parts, user }: Http): void {
  const { timelines } = parts

  app.get('/api/runs/:id/timeline', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const found = await timelines.of(userId, parse(byId, request.params).id)
    if (!found) throw absent('run')
    return found
  })

  app.post('/api/runs/:id/seen', async (request, reply) => {
    const identity = await user(request, 'chat:read')
    const { id } = parse(byId, request.params)
    const { device, ...seen } = parse(seenBody, request.body)
    const told = { device: shortHash(device ?? identity.sessionId ?? ''), seen }
    if (!(await timelines.seen(identity.userId, id, told))) throw absent('run')
    return reply.status(204).send()
  })
}

/** Neither a session's id nor a device's is kept for this. */
const shortHash = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16)
