import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import { unreachable } from '../../platform/unreachable.ts'
import { messageOf, toFailure } from './failures.ts'
import { packOutcomes, unpackGroup } from './group.ts'
import { DamagedEvent } from './log.ts'
import type { Opened, WriterAnswer, WriterRequest } from './messages.ts'
import { Writer, type WriterOptions } from './writer.ts'

/**
 * The writer's thread. Commits are done as they come; reads wait in a queue and are done one a turn,
 * so that a crowd of readers delays no commit by more than one read.
 */
function serve(port: MessagePort, options: WriterOptions): void {
  const writer = new Writer(options)
  const waiting: { id: number; request: WriterRequest }[] = []

  const answer = (request: WriterRequest): WriterAnswer => {
    switch (request.kind) {
      case 'commits': {
        const { outcomes, problem } = writer.commit(unpackGroup(request.group))
        return { kind: 'commits', outcomes: packOutcomes(outcomes), ...(problem && { problem }) }
      }
      case 'head':
        return { kind: 'head', head: writer.head(request.stream) }
      case 'read':
        return { kind: 'read', events: writer.read(request.stream, request.after, request.limit) }
      case 'close':
        writer.close()
        return { kind: 'closed' }
      default:
        return unreachable(request)
    }
  }

  const reply = (id: number, request: WriterRequest): void => {
    try {
      port.postMessage({ id, answer: answer(request) })
    } catch (error) {
      const failure =
        error instanceof DamagedEvent
          ? { kind: 'broken', message: messageOf(error) }
          : toFailure(error)
      port.postMessage({ id, answer: { kind: 'failed', failure } })
    }
  }

  const next = (): void => {
    const first = waiting.shift()
    if (first) reply(first.id, first.request)
    if (waiting.length > 0) setImmediate(next)
  }

  port.on('message', ({ id, request }: { id: number; request: WriterRequest }) => {
    if (request.kind === 'commits') {
      reply(id, request)
      // After the answer, so that nobody waits for it but the next group.
      writer.checkpointIfDue()
      return
    }
    waiting.push({ id, request })
    if (waiting.length === 1) setImmediate(next)
  })
  const opened: Opened = writer.opened
  port.postMessage({ opened })
}

const options: WriterOptions = workerData
if (parentPort) serve(parentPort, options)
