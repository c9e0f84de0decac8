import type { TerminalEvent } from '@netra/protocol'
import { isTerminal, parseServerFrame } from '@netra/protocol'

import { threadStream, type Hub } from '../hub/hub.ts'
import type { ThreadId } from '../platform/ids.ts'

/** Waits for the end of a run as any reader would: by its thread's stream. */
export interface RunResults {
  /** @throws when the stream cannot be read. */
  wait(run: { thread_id: ThreadId; run_id: string; position: string }): Promise<TerminalEvent>
}

export function createRunResults(hub: Hub): RunResults {
  return {
    async wait(run) {
      const ended = Promise.withResolvers<TerminalEvent>()
      const subscription = await hub.subscribe(threadStream(run.thread_id), run.position, {
        open: true,
        send(frame) {
          try {
            const event = terminalEventIn(frame, run.run_id)
            if (event) ended.resolve(event)
          } catch (error) {
            ended.reject(error)
          }
        },
        failed: (error) => ended.reject(error),
      })
      try {
        subscription.start()
        return await ended.promise
      } finally {
        subscription.end()
      }
    },
  }
}

function terminalEventIn(frame: string, runId: string): TerminalEvent | undefined {
  if (!frame.startsWith('{"type":"event"') || frame.includes('"type":"message_delta"'))
    return undefined
  const parsed = parseServerFrame(frame)
  if (!parsed.ok) throw new Error(`a frame of ours cannot be read: ${frame.slice(0, 200)}`)
  for (const message of parsed.messages) {
    if (message.type !== 'event') continue
    const { event } = message
    if (event.type !== 'unknown' && isTerminal(event) && event.run_id === runId) return event
  }
  return undefined
}
