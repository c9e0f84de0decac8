import type { FastifyReply, FastifyRequest } from 'fastify'

import {
  MAX_SPAN_BYTES,
  partialSuccess,
  SpansRefused,
  statusMessage,
  type Received,
} from '../../spans/spans.ts'
import { HttpError } from './http-error.ts'
import type { Http } from './http.ts'

const PROTOBUF = 'application/x-protobuf'

/** OTLP/HTTP: an application's calls of models, as its own OpenTelemetry exporter sends them. */
export function addOtlpRoute({ app, parts, user, mayTakeLong }: Http): void {
  app.register(async (otlp) => {
    // Bodies come as bytes here, packed or not; what they hold is read once it is known who sends them.
    otlp.removeAllContentTypeParsers()
    otlp.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body)
    })
    // A refusal is a Status in the form of the request; one in JSON has its fields already.
    otlp.addHook('onSend', async (request, reply, payload) => {
      if (reply.statusCode < 400 || typeOf(request) !== PROTOBUF) return payload
      void reply.type(PROTOBUF).removeHeader('content-length')
      return statusMessage(messageIn(payload))
    })

    // Before the body: nobody fills memory with what they may not send.
    otlp.addHook('onRequest', async (request) => {
      const { userId } = await user(request, 'usage:write')
      mayTakeLong(request, userId)
    })
    otlp.post('/v1/traces', { bodyLimit: MAX_SPAN_BYTES }, async (request, reply) => {
      const { userId } = await user(request, 'usage:write')
      const closed = parts.mode.writing()
      if (closed) {
        throw new HttpError(503, 'SERVICE_UNAVAILABLE', closed.why, {
          retryAfterMs: closed.afterMs,
          isToldElsewhere: true,
        })
      }
      const { isProtobuf, isGzip } = formOf(request)
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      try {
        const received = await parts.modelSpans.receive(userId, { body, isProtobuf, isGzip })
        return answer(reply, received, isProtobuf)
      } catch (error) {
        if (!(error instanceof SpansRefused)) throw error
        throw new HttpError(
          error.code === 'too_large' ? 413 : 400,
          'VALIDATION_ERROR',
          error.message,
        )
      }
    })
  })
}

const typeOf = ({ headers }: FastifyRequest): string | undefined =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()

const messageIn = (payload: unknown): string =>
  typeof payload === 'string' ? (JSON.parse(payload) as { message: string }).message : ''

function formOf(request: FastifyRequest): { isProtobuf: boolean; isGzip: boolean } {
  const { headers } = request
  const type = typeOf(request)
  if (type !== PROTOBUF && type !== 'application/json') {
    throw new HttpError(
      415,
      'VALIDATION_ERROR',
      `Send spans as ${PROTOBUF} or application/json (OTLP/HTTP).`,
    )
  }
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new HttpError(415, 'VALIDATION_ERROR', 'Send spans packed with gzip or not at all.')
  return { isProtobuf: type === PROTOBUF, isGzip: encoding === 'gzip' }
}

/** As the OTLP specification has it: a partial success names how many were not kept, and why. */
function answer(
  reply: FastifyReply,
  { rejected, message }: Received,
  isProtobuf: boolean,
): FastifyReply {
  if (isProtobuf) return reply.type(PROTOBUF).send(partialSuccess(rejected, message))
  const isPartial = rejected > 0 || message !== ''
  const partial = { rejectedSpans: String(rejected), errorMessage: message }
  return reply.send({ partialSuccess: isPartial ? partial : {} })
}
