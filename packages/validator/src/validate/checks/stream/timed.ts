import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { EventStream } from '../../live/event-stream.ts'
import { objectIn } from '../../live/heard.ts'
import { NativeClient } from '../../live/native.ts'
import { recording } from '../../live/recording.ts'
import { tidy } from '../../live/tidy.ts'
import { cause, inGroup } from '../group.ts'
import { arrivalsOf, inWords, isBunched, isHeldBack, type Arrivals } from './arrivals.ts'

const TIMEOUT_MS = 60_000

const question = ({ pace }: CheckContext): string =>
  `timed\n!no-tool\n!stream ${pace.beats} ${pace.beatMs}`

const endWithin = ({ pace }: CheckContext): number => pace.turnMs + pace.beats * pace.beatMs

const MOST_TRIES = 3

/**
 * A proxy treats every answer alike, a busy machine does not: what arrives badly is looked at again,
 * and the best of it counts.
 */
const bestOf = (listen: (context: CheckContext) => Promise<Arrivals>) =>
  recording(async (context: CheckContext): Promise<Arrivals> => {
    let best: Arrivals | undefined
    for (let tried = 1; tried <= MOST_TRIES; tried++) {
      const arrivals = await listen(context)
      if (!best || arrivals.bursts > best.bursts) best = arrivals
      if (!isHeldBack(best) && !isBunched(best)) break
    }
    return best as Arrivals
  })

/** One answer of which a piece is sent at each beat, with the time at which each arrived. */
const overSocket = bestOf(async (context) => {
  const account = await context.account()
  using client = await NativeClient.open(context, account)
  const sent = await client.say(question(context))
  const stream = `thread:${sent.threadId}`
  await client.subscribe(stream, sent.position)
  await client.end(sent, endWithin(context))
  const times = client
    .eventsOf(stream)
    .filter(({ message }) => objectIn(message, 'event')['type'] === 'message_delta')
    .map(({ atMs }) => atMs)
  await tidy(context, account, [sent.threadId])
  return checked(times, context)
})

const overEventStream = bestOf(async (context) => {
  const account = await context.account()
  using events = await EventStream.open(context, '/api/agents/stream', {
    method: 'POST',
    token: account.token,
    body: { agent_type: 'selftest', message: question(context) },
  })
  await events.next(({ data }) => data['event'] === 'stream_end', {
    what: 'stream_end',
    withinMs: endWithin(context),
  })
  const deltas = events.events.filter(({ data }) => data['event'] === 'message_delta')
  const threadIds = events.events.flatMap(({ data }) =>
    typeof data['thread_id'] === 'string' ? [data['thread_id']] : [],
  )
  await tidy(context, account, threadIds)
  return checked(
    deltas.map(({ atMs }) => atMs),
    context,
  )
})

/** Too few pieces tell nothing. @throws CheckFailure */
function checked(times: readonly number[], { pace }: CheckContext): Arrivals {
  if (times.length < 3) {
    throw new CheckFailure(
      `${times.length} pieces of the answer came, too few of ${pace.beats} to tell anything`,
    )
  }
  return arrivalsOf(times, pace.beatMs)
}

const bufferCause = (what: string, how: string) =>
  cause(`A proxy keeps ${what} back until they are complete.`, how)

export const timedChecks: readonly Check[] = inGroup('stream', [
  {
    id: 'stream.buffered',
    title: 'What an agent says arrives while it speaks',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['stream.upgrade'],
    causes: [
      bufferCause(
        'the frames of sockets',
        'Switch off buffering and inspection of WebSocket connections in the proxy, firewall or virus scanner between; compare with the address of Netra itself.',
      ),
    ],
    async run(context) {
      const arrivals = await overSocket(context)
      if (isHeldBack(arrivals)) throw new CheckFailure(`held back: ${inWords(arrivals)}`)
      return inWords(arrivals)
    },
  },
  {
    id: 'stream.coalesced',
    title: 'Each piece arrives on its own, not in bunches',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['stream.upgrade', 'stream.buffered'],
    causes: [
      cause(
        'Something between gathers frames and sends them on from time to time.',
        'Look for a buffer with a time or size (proxy_buffer_size, a CDN, an inspecting firewall) and switch it off for /ws.',
      ),
    ],
    async run(context) {
      const arrivals = await overSocket(context)
      if (isBunched(arrivals)) throw new CheckFailure(`in bunches: ${inWords(arrivals)}`)
      return inWords(arrivals)
    },
  },
  {
    id: 'stream.event-stream-buffered',
    title: 'Server-sent events arrive while they are sent',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      bufferCause(
        'answers',
        'Switch off buffering for /api (nginx: proxy_buffering off; Caddy: flush_interval -1) and compression of text/event-stream.',
      ),
    ],
    async run(context) {
      const arrivals = await overEventStream(context)
      if (isHeldBack(arrivals)) throw new CheckFailure(`held back: ${inWords(arrivals)}`)
      return inWords(arrivals)
    },
  },
  {
    id: 'stream.event-stream-coalesced',
    title: 'Server-sent events arrive one by one, not in bunches',
    weight: 'advisory',
    timeoutMs: TIMEOUT_MS,
    needs: ['stream.event-stream-buffered'],
    causes: [
      cause(
        'Something between gathers parts of an answer and sends them on from time to time.',
        'Switch off buffering and compression for /api; a CDN may need a rule of its own.',
      ),
    ],
    async run(context) {
      const arrivals = await overEventStream(context)
      if (isBunched(arrivals)) throw new CheckFailure(`in bunches: ${inWords(arrivals)}`)
      return inWords(arrivals)
    },
  },
])
