import { AgentFailure } from '../agent/agent.ts'
import type { RunRow } from '../journal/journal.ts'
import type { Logger } from '../platform/logger.ts'
import type { Ending } from './ending.ts'

/** What a person is told of a run that failed; what nobody foresaw goes to the log. */
export function failureOf(log: Logger, run: RunRow, error: unknown): Ending {
  if (error instanceof AgentFailure) {
    log.warn({ code: error.code, err: error.cause }, 'run failed')
    return {
      kind: 'failed',
      thought: 'This could not be answered.',
      fields: {
        code: error.code,
        message: error.message,
        retry: error.retry,
        ...(error.breaker && { breaker: error.breaker }),
      },
    }
  }
  log.error({ err: error }, 'run failed for a reason nobody foresaw')
  return {
    kind: 'failed',
    thought: 'This could not be answered.',
    fields: {
      code: 'internal',
      message: `Something went wrong inside Netra. The server's log has the details under trace ${run.trace_id}.`,
      retry: 'same',
    },
  }
}

/** A run that was tried as often as it may be: each time its process ended before a step was done. */
export const triedInVain = (tries: number, ranOutOfMemory: boolean): Ending => ({
  kind: 'failed',
  thought: 'Giving up after several interruptions.',
  fields: ranOutOfMemory
    ? {
        code: 'out_of_memory',
        message: `The server ran out of memory ${tries} times while this answer was being made. Ask for less at once, or attach less.`,
        retry: 'no',
      }
    : {
        code: 'interrupted',
        message: `The server stopped ${tries} times while this answer was being made. Send the message again to try once more.`,
        retry: 'same',
      },
})
