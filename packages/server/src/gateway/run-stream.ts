import { PassThrough, type Readable } from 'node:stream'

import { isTerminal, parsePosition, parseServerFrame } from '@netra/protocol'

import { threadStream, type Hub, type Sink } from '../hub/hub.ts'
import type { ThreadId } from '../platform/ids.ts'

/**
 * One run as server-sent events: each with its position as `id` and its type as `event` in the JSON,
 * then `stream_end`. A reader that goes away ends the stream, never the run.
 */
export async function streamRun(
  hub: Hub,
  run: { thread_id: ThreadId; run_id: string; position: string },
): Promise<Readable> {
  const out = new PassThrough()
  const epoch = parsePosition(run.position)?.epoch ?? ''
  const sink: Sink = {
    get open() {
      return !out.writableNeedDrain && out.writable
    },
    send(frame) {
      const parsed = parseServerFrame(frame)
      if (!parsed.ok) {
        out.destroy(new Error('an event of ours cannot be read'))
        return
      }
      for (const message of parsed.messages) {
        if (message.type !== 'event' || message.event.type === 'unknown') continue
        const { event } = message
        write(`${epoch}:${message.seq}`, { ...event, event: event.type })
        if (isTerminal(event) && event.run_id === run.run_id) {
          write(`${epoch}:${message.seq}`, { event: 'stream_end', run_id: run.run_id })
          out.end()
        }
      }
    },
    failed(error) {
      out.destroy(error instanceof Error ? error : new Error('the thread cannot be read'))
    },
  }
  const write = (id: string, data: object): void => {
    if (out.writable) out.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const subscription = await hub.subscribe(threadStream(run.thread_id), run.position, sink)
  out.on('drain', () => subscription.resume())
  out.on('close', () => subscription.end())
  subscription.start()
  return out
}
