import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

import { EventType, type AGUIEvent, type RunAgentInput } from '@ag-ui/core'
import { RunAgentInputSchema } from '@ag-ui/core/schemas'

/** How one request is answered. */
export interface AgUiReply {
  status?: number
  /** Sent as they are, whatever they are. */
  events?: readonly (AGUIEvent | Record<string, unknown> | string)[]
  body?: string
  headers?: Record<string, string>
  /** Waits before the last event, until this or the end of the request. */
  hold?: Promise<void>
  /** What happens after the events: the stream ends, or the socket dies, or nothing more comes. */
  after?: 'end' | 'cut' | 'stall'
}

export interface AgUiRequest {
  input: RunAgentInput
  headers: Record<string, string | string[] | undefined>
  aborted: boolean
  closed: Promise<void>
}

export interface AgUiServer extends AsyncDisposable {
  url: string
  requests: AgUiRequest[]
}

/** A real AG-UI agent on loopback; every request must be a RunAgentInput by the protocol's schema. */
export async function startAgUiServer(
  script: (request: AgUiRequest, index: number) => AgUiReply | Promise<AgUiReply>,
): Promise<AgUiServer> {
  const requests: AgUiRequest[] = []
  const server = createServer((incoming, response) => {
    const answer = async (): Promise<void> => {
      const input = RunAgentInputSchema.parse(JSON.parse(await text(incoming))) as RunAgentInput
      const closed = Promise.withResolvers<void>()
      const request: AgUiRequest = {
        input,
        headers: incoming.headers,
        aborted: false,
        closed: closed.promise,
      }
      response.on('close', () => {
        request.aborted = !response.writableEnded
        closed.resolve()
      })
      requests.push(request)
      await play(await script(request, requests.length - 1), response, request)
    }
    answer().catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not on a port')
  return {
    url: `http://127.0.0.1:${address.port}/run`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function play(reply: AgUiReply, response: ServerResponse, request: AgUiRequest) {
  const { events = [], after = 'end' } = reply
  response.writeHead(reply.status ?? 200, { 'content-type': 'text/event-stream', ...reply.headers })
  if (reply.body !== undefined) response.write(reply.body)
  response.flushHeaders()
  for (const [index, event] of events.entries()) {
    if (reply.hold && index === events.length - 1) await Promise.race([reply.hold, request.closed])
    if (response.destroyed) return
    response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
  }
  if (after === 'end') response.end()
  // What was written must have left before the socket dies.
  else if (after === 'cut') setTimeout(() => response.destroy(), 50)
}

/** The events of one whole run around others. */
export const runOf = (
  { threadId, runId }: Pick<RunAgentInput, 'threadId' | 'runId'>,
  ...events: AGUIEvent[]
): AGUIEvent[] => [
  { type: EventType.RUN_STARTED, threadId, runId },
  ...events,
  { type: EventType.RUN_FINISHED, threadId, runId },
]

/** A whole message, in two pieces. */
export const said = (messageId: string, words: string): AGUIEvent[] => [
  { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' },
  { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: words.slice(0, 3) },
  { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: words.slice(3) },
  { type: EventType.TEXT_MESSAGE_END, messageId },
]

/** A tool that the agent calls and runs itself. */
export const called = (
  toolCallId: string,
  toolCallName: string,
  args: unknown,
  result: unknown,
): AGUIEvent[] => [
  { type: EventType.TOOL_CALL_START, toolCallId, toolCallName },
  { type: EventType.TOOL_CALL_ARGS, toolCallId, delta: JSON.stringify(args) },
  { type: EventType.TOOL_CALL_END, toolCallId },
  {
    type: EventType.TOOL_CALL_RESULT,
    messageId: `result-${toolCallId}`,
    toolCallId,
    content: JSON.stringify(result),
  },
]
