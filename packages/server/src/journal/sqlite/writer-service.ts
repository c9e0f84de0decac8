import { unreachable } from '../../platform/unreachable.ts'
import { toFailure } from './failures.ts'
import { packOutcomes, unpackGroup } from './group.ts'
import { DamagedEvent } from './log.ts'
import type { NewEpoch, Opened, WriterAnswer, WriterRequest } from './messages.ts'
import type { ServicePort } from './worker-link.ts'
import { Writer, type WriterOptions } from './writer.ts'

/**
 * What the writer's thread does with the requests of its port. Commits are done as they come; all
 * else waits in a queue and is done one a turn, so that no crowd delays a commit by more than one.
 */
export function serveWriter(
  port: ServicePort<{ id: number; request: WriterRequest }>,
  options: WriterOptions,
  defer: (callback: () => void) => void = setImmediate,
): void {
  const writer = new Writer(options)
  const waiting: { id: number; request: WriterRequest }[] = []

  const answer = (request: WriterRequest): WriterAnswer => {
    switch (request.kind) {
      case 'commits': {
        const { outcomes, problem } = writer.commit(unpackGroup(request.group))
        return { kind: 'commits', outcomes: packOutcomes(outcomes), ...(problem && { problem }) }
      }
      case 'head':
        return {
          kind: 'head',
          head: writer.head(request.stream),
          removedThrough: writer.removedThrough(request.stream),
        }
      case 'read':
        return { kind: 'read', events: writer.read(request.stream, request.after, request.limit) }
      case 'read_kept': {
        const { stream, after, limit } = request
        return { kind: 'read_kept', events: writer.readKept(stream, after, limit) }
      }
      case 'compact': {
        const failure = writer.compact(request.compaction)
        return failure ? { kind: 'failed', failure } : { kind: 'compacted' }
      }
      case 'overwrite': {
        const result = writer.overwrite()
        return 'problem' in result
          ? { kind: 'failed', failure: result.problem }
          : { kind: 'overwritten', left: result.left }
      }
      case 'scrub':
        return { kind: 'scrubbed', ...writer.scrub(request.rows) }
      case 'damaged':
        return { kind: 'noted', changed: writer.lose(request.why) }
      case 'close':
        writer.close()
        return { kind: 'closed' }
      default:
        return unreachable(request)
    }
  }

  /** An event found damaged counts as removed from then on, and the question is asked again. */
  const answerMended = (request: WriterRequest): WriterAnswer => {
    let changed: NewEpoch | undefined
    for (;;) {
      try {
        return { ...(changed && { changed }), ...answer(request) }
      } catch (error) {
        if (!(error instanceof DamagedEvent)) throw error
        changed = writer.loseEvent(error)
      }
    }
  }

  const reply = (id: number, request: WriterRequest): void => {
    try {
      port.postMessage({ id, answer: answerMended(request) })
    } catch (error) {
      port.postMessage({ id, answer: { kind: 'failed', failure: toFailure(error) } })
    }
    if (request.kind === 'close') port.close()
  }

  const next = (): void => {
    const first = waiting.shift()
    if (first) reply(first.id, first.request)
    if (waiting.length > 0) defer(next)
  }

  port.on('message', ({ id, request }: { id: number; request: WriterRequest }) => {
    if (request.kind === 'commits') {
      reply(id, request)
      // After the answer, so that nobody waits for it but the next group.
      writer.checkpointIfDue()
      return
    }
    waiting.push({ id, request })
    if (waiting.length === 1) defer(next)
  })
  const opened: Opened = writer.opened
  port.postMessage({ opened })
}
