import type { Approval, Run, ThreadEvent } from '@netra/protocol'
import { parseServerFrame } from '@netra/protocol'

import { threadStream, type Hub } from '../../hub/hub.ts'
import type { ThreadId } from '../../platform/ids.ts'

export interface RunReader {
  event(event: ThreadEvent): void
  /** In place of events that are no longer told one by one; null when the run is too old for it. */
  snapshot(run: Run | null, waitsFor: Approval | undefined): void
  failed(error: unknown): void
}

/** One run's events as any reader of its thread gets them, without its text's pieces. */
export async function followRun(
  hub: Hub,
  run: { thread_id: ThreadId; run_id: string; position: string | null },
  reader: RunReader,
): Promise<Disposable> {
  const subscription = await hub.subscribe(threadStream(run.thread_id), run.position, {
    open: true,
    send(frame) {
      try {
        pass(frame, run.run_id, reader)
      } catch (error) {
        reader.failed(error)
      }
    },
    failed: (error) => reader.failed(error),
  })
  subscription.start()
  return { [Symbol.dispose]: () => subscription.end() }
}

function pass(frame: string, runId: string, reader: RunReader): void {
  if (frame.startsWith('{"type":"event"') && frame.includes('"type":"message_delta"')) return
  const parsed = parseServerFrame(frame)
  if (!parsed.ok) throw new Error('a frame of ours cannot be read')
  for (const message of parsed.messages) {
    if (message.type === 'snapshot' && 'runs' in message.state) {
      const { runs, approvals } = message.state
      const ofRun = (approval: Approval) =>
        approval.run_id === runId && approval.status === 'pending'
      reader.snapshot(runs.find(({ id }) => id === runId) ?? null, approvals.find(ofRun))
    }
    if (message.type !== 'event' || message.event.type === 'unknown') continue
    const { event } = message
    if (event.run_id === runId && event.type !== 'message_delta') reader.event(event as ThreadEvent)
  }
}
