import type { Answer } from '../http-client.ts'
import { due, shown } from './due.ts'

/** The body of every error that is Netra's own. @throws CheckFailure, as of something in between. */
export function errorShape(answer: Pick<Answer, 'json' | 'headers' | 'status'>, code?: string) {
  const body = answer.json()
  const { error_code, message, user_message, trace_id, timestamp, request_id } = body
  const lacks = [
    ...(body['error'] === true ? [] : ['error: true']),
    ...Object.entries({ error_code, message, user_message, trace_id, timestamp, request_id })
      .filter(([, value]) => typeof value !== 'string' || value === '')
      .map(([name]) => name),
  ]
  due(lacks.length === 0, `the ${answer.status} lacks ${lacks.join(', ')} as text: ${shown(body)}`)
  due(
    code === undefined || error_code === code,
    `the ${answer.status} has error_code ${shown(error_code)}, not ${code}`,
  )
  return {
    code: String(error_code),
    message: String(message),
    traceId: String(trace_id),
    requestId: String(request_id),
    details: body['details'],
  }
}
