import { z } from 'zod'

import { threadStream } from '../../hub/hub.ts'
import { absent, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })

/** Where a thread's events have got to, for its owner. */
export function addDeliveryRoutes({ app, parts, user }: Http): void {
  const { access, hub, headOf } = parts
  app.get('/api/threads/:id/delivery', async (request) => {
    const { userId } = await user(request, 'chat:read')
    const thread = await access.thread(userId, parse(byId, request.params).id)
    if (!thread) throw absent('thread')
    const stream = threadStream(thread.id)
    return { thread_id: thread.id, ...hub.deliveries.report(stream, await headOf(stream)) }
  })
}
