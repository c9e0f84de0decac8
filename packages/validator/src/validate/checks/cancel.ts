import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { digestOf } from '../live/digest.ts'
import { objectIn, type Message } from '../live/heard.ts'
import { NativeClient } from '../live/native.ts'
import { recording } from '../live/recording.ts'
import { tidy } from '../live/tidy.ts'
import { cause, inGroup } from './group.ts'

const STOP_MS = 2_000
const TIMEOUT_MS = 45_000

interface Stopped {
  end: Message
  stopMs: number
  userId: string
  /** What was seen of the answer before it was stopped. */
  seen: string
  /** Of the assistant in the thread's history, afterwards. */
  kept: string[]
  /** How a message after it ended, and whether it was answered. */
  next: { type: string; isAnswered: boolean } | string
}

/** A run that would not end by itself is stopped in the middle, and the thread is gone on with. */
const stoppedRun = recording(async (context: CheckContext): Promise<Stopped> => {
  const account = await context.account()
  using client = await NativeClient.open(context, account)
  const sent = await client.say('cancel\n!no-tool\n!forever')
  const stream = `thread:${sent.threadId}`
  await client.subscribe(stream, sent.position)
  await client.socket.next(isPiece, { what: 'the answer', withinMs: context.pace.turnMs })
  const begun = performance.now()
  await client.request({ type: 'cancel_run', run_id: sent.runId })
  const end = await client.end(sent)
  const stopMs = Math.round(performance.now() - begun)
  const seen = client
    .eventsOf(stream)
    .map(({ message }) => objectIn(message, 'event'))
    .filter((event) => event['type'] === 'message_delta')
    .map((event) => String(event['text']))
    .join('')
  const kept = await answersIn(context, account.token, sent.threadId)
  const next = await goOn(client, sent.threadId).catch((error: unknown) => String(error))
  await tidy(context, account, [sent.threadId])
  return { end, stopMs, userId: account.userId, seen, kept, next }
})

const isPiece = (message: Message): boolean =>
  String(objectIn(message, 'event')['text']).includes('[2/')

async function goOn(client: NativeClient, threadId: string) {
  const text = `after ${randomUUID()}`
  const { end } = await client.turn(text, { threadId })
  const isAnswered = String(end['final_response']).includes(digestOf(text))
  return { type: end.type, isAnswered }
}

async function answersIn(
  { http }: CheckContext,
  token: string,
  threadId: string,
): Promise<string[]> {
  const path = `/api/threads/${encodeURIComponent(threadId)}/messages`
  const { messages } = (await http.ask(path, { token })).json()
  return (Array.isArray(messages) ? (messages as Record<string, unknown>[]) : [])
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) =>
      typeof content === 'string'
        ? content
        : ((content ?? []) as { text?: string }[]).map(({ text = '' }) => text).join(''),
    )
}

const versionCause = cause(
  'Stopping does not reach the run: another process has it, or something between drops messages.',
  'See that all processes share one PostgreSQL; run the same without the proxy.',
)

export const cancelChecks: readonly Check[] = inGroup('cancel', [
  {
    id: 'cancel.stops',
    title: `Stop ends a run within ${STOP_MS / 1000} s`,
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [versionCause],
    async run(context) {
      const { end, stopMs } = await stoppedRun(context)
      if (end.type !== 'run_cancelled') throw new CheckFailure(`it ended with ${end.type}`)
      if (stopMs > STOP_MS) throw new CheckFailure(`after ${stopMs} ms, not within ${STOP_MS}`)
      return `run_cancelled after ${stopMs} ms`
    },
  },
  {
    id: 'cancel.by-whom',
    title: 'The end says who stopped it',
    weight: 'advisory',
    timeoutMs: TIMEOUT_MS,
    needs: ['cancel.stops'],
    causes: [
      cause(
        'This Netra is of another version, or something between changes messages.',
        'Use the netra validate of the same version; look at run_cancelled in the evidence.',
      ),
    ],
    async run(context) {
      const { end, userId } = await stoppedRun(context)
      if (end['by'] !== userId) throw new CheckFailure(`by ${JSON.stringify(end['by'])}`)
      return `by ${userId}`
    },
  },
  {
    id: 'cancel.partial-kept',
    title: 'What was said before Stop stays in the history',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['cancel.stops'],
    causes: [
      cause(
        'People lose what they have read: the store does not keep unfinished answers.',
        'Compare the pieces in the evidence with the history; report it if it happens without a proxy.',
      ),
    ],
    async run(context) {
      const { seen, kept } = await stoppedRun(context)
      if (kept.length !== 1) throw new CheckFailure(`${kept.length} answers are in the history`)
      if (kept[0] !== seen) {
        throw new CheckFailure(
          `${seen.length} characters were seen, ${String(kept[0]?.length)} are kept`,
        )
      }
      return `${seen.length} characters`
    },
  },
  {
    id: 'cancel.goes-on',
    title: 'After Stop the thread takes a new message',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['cancel.stops'],
    causes: [
      cause(
        'The stopped run still holds its thread.',
        'Look for the run_id of the evidence in the log; ask GET /api/agents/status.',
      ),
    ],
    async run(context) {
      const { next } = await stoppedRun(context)
      if (typeof next === 'string') throw new CheckFailure(next)
      if (!next.isAnswered) throw new CheckFailure(`it ended with ${next.type}, without its answer`)
      return 'answered'
    },
  },
  {
    id: 'cancel.cut-answer',
    title: 'An answer that breaks off is told as such, and what was said is kept',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'People take half an answer for the whole, or lose it.',
        'Look at agent_failed and the history in the evidence; report it if it happens without a proxy.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const { end, threadId, events } = await client.turn('cut\n!no-tool\n!stream 3 10\n!cut')
      const kept = await answersIn(context, account.token, threadId)
      // A success ends the row of failures that would open the circuit.
      await client.turn('cut no more', { threadId })
      await tidy(context, account, [threadId])
      if (end.type !== 'agent_failed' || end['code'] !== 'model_cut') {
        throw new CheckFailure(`it ended with ${end.type} ${String(end['code'])}`)
      }
      if (typeof end['message'] !== 'string' || end['message'] === '') {
        throw new CheckFailure('agent_failed says nothing to the person')
      }
      const seen = events
        .map(({ message }) => objectIn(message, 'event'))
        .filter((event) => event['type'] === 'message_delta')
        .map((event) => String(event['text']))
        .join('')
      if (kept.length !== 1 || kept[0] !== seen) {
        throw new CheckFailure(
          `${seen.length} characters were seen, ${String(kept[0]?.length ?? 0)} are kept`,
        )
      }
      return `${seen.length} characters kept: ${end['message']}`
    },
  },
])
