import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client'

import { InputNeeded, ToolError, ToolUnavailable } from '../agent/agent.ts'
import { AddressRefused, AnswerTooLarge } from '../platform/guarded-fetch.ts'
import { SignInFailed, SignInNeeded } from './auth-port.ts'
import { questionOf, signInQuestion } from './elicitation.ts'
import { knownCode } from './fault-code.ts'
import { Flooded } from './metered-transport.ts'
import { cut, withoutInvisible } from './plain-text.ts'
import type { McpServer } from './server-row.ts'
import { asUntrusted } from './untrusted-result.ts'

/** How a call ended, for the metrics. */
export type McpOutcome =
  | 'ok'
  | 'error'
  | 'asked'
  | 'changed'
  | 'refused'
  | 'unavailable'
  | 'breaker_open'
  | 'cancelled'
  | 'sign_in'

export interface McpFailure {
  outcome: McpOutcome
  /** What becomes of the call. */
  error: ToolError | ToolUnavailable | InputNeeded
  /** The server is at fault: its circuit breaker counts it. */
  isUnwell: boolean
  /** For the log alone: it may be in words that a server chose. */
  said?: string
}

/** What a server, or the way to it, did wrong, in words; `error` is what the client's library threw. */
export function failureOf(error: unknown, server: McpServer, settingsUrl: string): McpFailure {
  const from = nameOf(server)
  return (
    toldFailure(error) ??
    signInFailure(error, from, settingsUrl) ??
    answeredFailure(error, from) ??
    wireFailure(error, server, settingsUrl)
  )
}

/** In our own words already. */
function toldFailure(error: unknown): McpFailure | undefined {
  if (error instanceof InputNeeded) return { outcome: 'asked', error, isUnwell: false }
  if (error instanceof ToolError) return { outcome: 'error', error, isUnwell: false }
  if (error instanceof ToolUnavailable) return { outcome: 'unavailable', error, isUnwell: false }
  return undefined
}

function signInFailure(error: unknown, from: string, settingsUrl: string): McpFailure | undefined {
  if (!(error instanceof SignInNeeded) && !isUnauthorized(error)) return undefined
  const said = error instanceof SignInNeeded ? error : undefined
  const message = said?.message ?? `${from} wants you to sign in.`
  const question = signInQuestion(message, said?.url ?? settingsUrl)
  return { outcome: 'sign_in', error: question, isUnwell: false }
}

/** The server is well, and said no; or was not asked at all. */
function answeredFailure(error: unknown, from: string): McpFailure | undefined {
  if (error instanceof AddressRefused) return refusal(`${from} is not called: ${error.message}`)
  if (error instanceof AnswerTooLarge) return refusal(`${from} was cut off: ${error.message}`)
  if (error instanceof UrlElicitationRequiredError) return asksForUrl(error, from)
  if (!(error instanceof ProtocolError)) return undefined
  const said = asUntrusted(`${error.code}: ${error.message}`, from)
  return {
    outcome: 'error',
    error: new ToolError(`${from} refused the call.`, said),
    isUnwell: false,
  }
}

const refusal = (message: string): McpFailure => ({
  outcome: 'refused',
  error: new ToolError(message),
  isUnwell: false,
})

function wireFailure(error: unknown, server: McpServer, settingsUrl: string): McpFailure {
  // Why the first question to a server failed is what matters, not that it was the first.
  if (error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed && error.cause)
    return failureOf(error.cause, server, settingsUrl)
  const unwell = new ToolUnavailable(`${nameOf(server)} ${faultOf(error)}`)
  const said = error instanceof Error ? saidBy(error) : undefined
  return { outcome: 'unavailable', error: unwell, isUnwell: true, ...(said && { said }) }
}

function faultOf(error: unknown): string {
  if (error instanceof Flooded) return `was cut off: it ${error.message}.`
  if (error instanceof SignInFailed) return `cannot be signed in to: ${error.message}`
  if (error instanceof SdkHttpError) return `answered with status ${error.status}.`
  if (error instanceof SdkError) return BY_CODE[error.code] ?? 'does not speak MCP as it should.'
  if (error instanceof SyntaxError || (error instanceof Error && error.name.endsWith('ZodError')))
    return 'answered with something that is no JSON-RPC.'
  const code = knownCode(error)
  return `cannot be reached${code === undefined ? '' : ` (${code})`}.`
}

const BY_CODE: Partial<Record<SdkErrorCode, string>> = {
  [SdkErrorCode.RequestTimeout]: 'did not answer in time.',
  [SdkErrorCode.ConnectionClosed]: 'ended in the middle of the call.',
  [SdkErrorCode.EraNegotiationFailed]: 'speaks no version of MCP that Netra speaks.',
}

export const nameOf = ({ name }: McpServer): string => `The MCP server "${name}"`

const isUnauthorized = (error: unknown): boolean =>
  error instanceof UnauthorizedError ||
  error instanceof InsufficientScopeError ||
  (error instanceof SdkHttpError && error.status === 401)

/** What a model never reads. */
function saidBy(error: Error): string {
  const { cause } = error
  const said = cause instanceof Error ? `${error.message}: ${cause.message}` : error.message
  return cut(withoutInvisible(said), 200)
}

function asksForUrl(error: UrlElicitationRequiredError, from: string): McpFailure {
  const [first] = error.elicitations
  try {
    const question = questionOf({ ...first, mode: 'url' }, from)
    // The call is made again from its beginning, and the server knows by itself that it was done.
    return { outcome: 'asked', error: new InputNeeded(question), isUnwell: false }
  } catch (problem) {
    if (!(problem instanceof ToolError)) throw problem
    return { outcome: 'refused', error: problem, isUnwell: false }
  }
}
