import { claimedPositionSchema } from '@netra/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { asId, uuidv7, type DeviceId } from '../../platform/ids.ts'
import { EventRequest, type EventResponse } from '../fallback/event-request.ts'
import type { EventReader } from '../fallback/event-requests.ts'
import { PolledResponse } from '../fallback/polled-response.ts'
import { StreamedResponse } from '../fallback/streamed-response.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const POLL_MS = 25_000

const id = z.string().min(1).max(128)
export const asked = z.object({
  stream: z.string().min(1).max(256),
  position: claimedPositionSchema.unwrap().optional(),
  device: id.optional(),
  instance: id.optional(),
})

/** Streams by plain requests, for where a proxy lets no socket through: streamed, or as long polls. */
export function addEventRoutes({ app, parts, ownPage }: Http): void {
  const { access, clock, hub, eventRequests } = parts
  const needs = { clock, requests: eventRequests, hub, headOf: parts.headOf }

  const readerOf = async (
    request: FastifyRequest,
  ): Promise<{ reader: EventReader; query: z.output<typeof asked> }> => {
    const identity = await ownPage(request, 'chat:read')
    const query = parse(asked, request.query)
    const stream = await access.stream(identity.userId, query.stream)
    if (!stream) throw absent('stream')
    if (parts.draining()) {
      throw new HttpError(503, 'SERVICE_UNAVAILABLE', 'The server is restarting.', {
        retryAfterMs: 1_000,
      })
    }
    if (eventRequests.countOf(identity.userId) >= parts.limits.maxSubscriptions) {
      throw new HttpError(429, 'RATE_LIMITED', 'Too many streams are read at once.', {
        retryAfterMs: 1_000,
        limit: 'streams',
      })
    }
    // Who names no page takes nobody's place.
    const instance = query.instance ?? uuidv7()
    const device = asId<DeviceId>(query.device ?? instance)
    return { reader: { identity, stream, device, instance }, query }
  }

  /** @throws when the stream cannot be read; then nothing is left behind. */
  const begin = async (reader: EventReader, position: string | null, response: EventResponse) => {
    const reading = new EventRequest(needs, reader, response)
    try {
      // Its login session may have ended while the stream was looked up.
      if (!(await parts.identities.sessionState(reader.identity)).live) {
        throw new HttpError(401, 'AUTH_FAILED', 'This login session has ended. Sign in again.')
      }
      return { reading, subscription: await reading.start(position) }
    } catch (error) {
      reading.end()
      response.cut()
      throw error
    }
  }

  const stream = async (request: FastifyRequest, reply: FastifyReply) => {
    const { reader, query } = await readerOf(request)
    const response = new StreamedResponse(reader.stream, request.raw.socket)
    const position = claimedPosition(request, query)
    const { reading } = await begin(reader, position, response)
    response.onDrain(() => reading.resume())
    response.onClose(() => reading.end())
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-cache, no-transform')
      .header('x-accel-buffering', 'no')
      .send(response.body)
  }

  const poll = async (request: FastifyRequest, reply: FastifyReply) => {
    const { reader, query } = await readerOf(request)
    const claimed = claimedPosition(request, query)
    const response = new PolledResponse(claimed === null)
    const { reading, subscription } = await begin(reader, claimed, response)
    const cancel = clock.after(POLL_MS, () => response.end())
    reply.raw.on('close', () => response.end())
    const { messages, position = subscription.position ?? claimed } = await response.complete
    cancel()
    reading.end()
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .send(`{"messages":[${messages.join(',')}],"position":${JSON.stringify(position)}}`)
  }

  app.route({
    method: 'GET',
    url: '/api/events',
    exposeHeadRoute: false,
    handler: (request, reply) =>
      wantsStream(request) ? stream(request, reply) : poll(request, reply),
  })
}

const wantsStream = ({ headers: { accept = '' } }: FastifyRequest): boolean =>
  accept.includes('text/event-stream') || !accept.includes('application/json')

/** What cannot be read as a position of this stream stays unreadable, and leads to a snapshot. */
function claimedPosition(request: FastifyRequest, query: z.output<typeof asked>): string | null {
  const last = request.headers['last-event-id']
  if (last === undefined) return query.position ?? null
  const start = `${query.stream}|`
  return typeof last === 'string' && last.startsWith(start) ? last.slice(start.length) : ''
}
