import type { FastifyReply, FastifyRequest } from 'fastify'

import type { Outcome } from '../../command/command.ts'
import type { Identity } from '../../identity/identity.ts'
import type { ThreadId } from '../../platform/ids.ts'
import type { GatewayParts } from '../parts.ts'
import { placeIn, streamRun, type RunPlace } from '../run-stream.ts'
import { absent, fromRefusal, HttpError } from './http-error.ts'

type Begun = Outcome<{ thread_id: ThreadId; run_id: string; position: string }>

/**
 * A run's events as the answer to the request that began it. A request with `Last-Event-ID` begins
 * nothing, whatever its body: it goes on where the stream was cut off (P78).
 */
export async function answerWithRun(
  parts: GatewayParts,
  exchange: { request: FastifyRequest; reply: FastifyReply; identity: Identity },
  begin: () => Promise<Begun>,
): Promise<FastifyReply> {
  const { request, reply, identity } = exchange
  const last = request.headers['last-event-id']
  const place = last === undefined ? await begun(begin) : await resumed(parts, identity, last)
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache, no-transform')
    .header('x-accel-buffering', 'no')
    .send(await streamRun(parts, identity, place))
}

async function begun(begin: () => Promise<Begun>): Promise<RunPlace> {
  const outcome = await begin()
  if (!outcome.ok) throw fromRefusal(outcome)
  return { ...outcome.answer, hasBegun: false }
}

async function resumed(
  { access }: GatewayParts,
  { userId }: Identity,
  last: string | string[],
): Promise<RunPlace> {
  const place = typeof last === 'string' ? placeIn(last) : undefined
  if (!place) {
    throw new HttpError(
      422,
      'VALIDATION_ERROR',
      'Last-Event-ID is none of this stream. Leave it out to begin anew.',
    )
  }
  const run = await access.run(userId, place.runId)
  if (!run) throw absent('run')
  return { thread_id: run.thread_id, run_id: run.id, position: place.position, hasBegun: true }
}
