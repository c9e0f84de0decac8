import type { ErrorCode } from '@netra/protocol'
import { parseClientFrame } from '@netra/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { StoreUnavailable } from '../../command/command.ts'
import { carryOut, tooFast, type Answer, type Command } from '../carry-out.ts'
import { HttpError } from './http-error.ts'
import type { Http } from './http.ts'

const STATUS: Record<ErrorCode, number> = {
  malformed: 400,
  unknown_type: 400,
  unsupported: 400,
  not_found: 404,
  conflict: 409,
  expired: 410,
  too_large: 413,
  rate_limited: 429,
  busy: 429,
  internal: 500,
  unavailable: 503,
}

const RETRY_MS = 2_000

/** One message of the socket's protocol by request; its answer is the very `ok` or `error`. */
export function addCommandRoutes({ app, parts, user }: Http): void {
  const { commandRate, logger } = parts

  const answerTo = async (request: FastifyRequest): Promise<Answer> => {
    const identity = await user(request, 'chat:write')
    const body = typeof request.body === 'string' ? request.body : ''
    const parsed = parseClientFrame(body)
    if (!parsed.ok) {
      const { code, message, id } = parsed
      return tooFast(commandRate, identity.userId, id) ?? refusal(id, code, message)
    }
    const { message } = parsed
    if (!isCommand(message)) {
      const id = 'id' in message ? message.id : null
      return refusal(id, 'unsupported', `"${message.type}" needs a socket.`)
    }
    // A browser that reconnects by itself repeats its request; that must never start another run.
    const starts = message.type === 'send_message' || message.type === 'regenerate'
    if (starts && request.headers['last-event-id'] !== undefined) {
      return refusal(message.id, 'unsupported', 'A request with Last-Event-ID starts no run.')
    }
    return carryOut(parts, identity, message)
  }

  void app.register(async (scope) => {
    // As text: its shape is judged as that of a frame is, before and after it is parsed.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((error, request, reply) => {
      const status = error instanceof HttpError ? error.status : statusOf(error)
      if (status === 413) return send(reply, refusal(null, 'too_large', 'Too large for a message.'))
      if (status < 500) throw error
      if (error instanceof StoreUnavailable) {
        const message = 'Netra cannot reach its store right now. /health says why.'
        return send(reply, { ...refusal(null, 'unavailable', message), ...RETRY })
      }
      if (error instanceof HttpError && error.isToldElsewhere) {
        return send(reply, { ...refusal(null, 'unavailable', error.message), ...RETRY })
      }
      logger.error({ err: error, request_id: request.id }, 'a command could not be carried out')
      const message = 'Something went wrong inside Netra. The server log has the details.'
      return send(reply, { ...refusal(null, 'internal', message), retry: 'same' })
    })
    scope.post('/api/commands', async (request, reply) => send(reply, await answerTo(request)))
  })
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.type === 'ok') return reply.send(answer)
  if (answer.after_ms !== undefined) {
    void reply.header('retry-after', Math.ceil(answer.after_ms / 1_000))
  }
  return reply.status(STATUS[answer.code]).send(answer)
}

const RETRY = { retry: 'after', after_ms: RETRY_MS } as const

const refusal = (
  id: string | null,
  code: ErrorCode,
  message: string,
): Extract<Answer, { type: 'error' }> => ({ type: 'error', id, code, message, retry: 'no' })

const isCommand = (message: { type: string }): message is Command =>
  ['send_message', 'regenerate', 'cancel_run', 'decide'].includes(message.type)

const statusOf = (error: unknown): number =>
  error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
