import { randomUUID } from 'node:crypto'

import type { Account } from '../accounts.ts'
import { CheckFailure, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { EventStream } from '../live/event-stream.ts'
import { isMessage, objectIn, typesOf, type Message } from '../live/heard.ts'
import { isEndOf, NativeClient, type Sent } from '../live/native.ts'
import { poll, seqOf } from '../live/poll.ts'
import { tidy } from '../live/tidy.ts'
import { cause, inGroup } from './group.ts'

const TIMEOUT_MS = 45_000
/** Long enough to be cut several times in the middle, short enough not to be waited for. */
const textOf = (name: string, parts = 20): string => `${name} ${randomUUID()}\n!stream ${parts} 25`

const lostCause = cause(
  'What happened while nobody was connected is lost or told twice: the process that answers now has another store, or something between repeats frames.',
  'See that all processes share one PostgreSQL or that there is one alone; run the same without the proxy.',
)
const streamCause = cause(
  'A proxy buffers or cuts answers that last.',
  'Switch off buffering for /api/events (proxy_buffering off) and let answers last for at least a minute.',
  /did not come|broke|ended/,
)

/** Begins a run and takes the first piece of its answer from a first connection. */
async function begin(context: CheckContext, name: string, parts?: number) {
  const account = await context.account()
  const first = await NativeClient.open(context, account)
  const sent = await first.say(textOf(name, parts))
  const stream = `thread:${sent.threadId}`
  await first.subscribe(stream, sent.position)
  await first.socket.next((message) => objectIn(message, 'event')['type'] === 'message_delta', {
    what: 'the first piece of the answer',
    withinMs: context.pace.turnMs,
  })
  return { account, first, sent, stream }
}

/** Welcomed with the position where the last one stopped, heard to the end. */
async function goOn(
  context: CheckContext,
  account: Account,
  at: { sent: Sent; stream: string; position: string },
): Promise<Message[]> {
  const resume = [{ stream: at.stream, position: at.position }]
  using client = await NativeClient.open(context, account, { resume })
  await client.end(at.sent)
  return client.eventsOf(at.stream).map(({ message }) => message)
}

/** @throws CheckFailure when the events are not 1, 2, 3… to the run's end */
function assertWhole(events: readonly Message[], { runId }: Sent): string {
  for (const [index, message] of events.entries()) {
    if (seqOf(message) === index + 1) continue
    throw new CheckFailure(
      `event ${String(seqOf(message))} came where ${index + 1} was due: ${
        (seqOf(message) ?? 0) > index ? 'something is lost' : 'something is repeated'
      }`,
    )
  }
  const last = events.at(-1)
  if (!last || !isEndOf(runId)(last)) throw new CheckFailure('the last event is not the end')
  const { type } = objectIn(last, 'event')
  if (type !== 'agent_completed') {
    throw new CheckFailure(`the run was stopped: ${String(type)} is not the end that was due`)
  }
  return `1 to ${events.length}`
}

const eventsIn = (client: NativeClient, stream: string): Message[] =>
  client.eventsOf(stream).map(({ message }) => message)

export const resumeChecks: readonly Check[] = inGroup('resume', [
  {
    id: 'resume.after-cut',
    title: 'After the network is cut, the next socket goes on where the last one stopped',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [lostCause],
    async run(context) {
      const { account, first, sent, stream } = await begin(context, 'cut')
      first.socket.cut()
      await first.socket.ended
      const before = eventsIn(first, stream)
      const position = first.positionOf(stream)
      first[Symbol.dispose]()
      const after = await goOn(context, account, { sent, stream, position })
      await tidy(context, account, [sent.threadId])
      return `${assertWhole([...before, ...after], sent)}: ${before.length} before the cut, ${after.length} after it`
    },
  },
  {
    id: 'resume.after-close',
    title: 'After a page was closed in order, the next one goes on where it stopped',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'The run was stopped because its reader left: a proxy or a gateway ends work with the connection.',
        'Look for run_cancelled in the evidence; nothing may end a run but its end or Stop.',
        /not the end|did not come/,
      ),
      lostCause,
    ],
    async run(context) {
      const { account, first, sent, stream } = await begin(context, 'close', 40)
      const { code } = await first.socket.close()
      const before = eventsIn(first, stream)
      const position = first.positionOf(stream)
      first[Symbol.dispose]()
      const after = await goOn(context, account, { sent, stream, position })
      await tidy(context, account, [sent.threadId])
      return `closed with ${code}; ${assertWhole([...before, ...after], sent)}`
    },
  },
  {
    id: 'resume.many-cuts',
    title: 'Cut again and again, a client still sees every event once, in order',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['resume.after-cut'],
    causes: [lostCause],
    async run(context) {
      const { account, first, sent, stream } = await begin(context, 'cuts')
      first.socket.cut()
      await first.socket.ended
      const all = eventsIn(first, stream)
      let position = first.positionOf(stream)
      first[Symbol.dispose]()
      let cuts = 1
      for (; cuts < 4 && !all.some(isEndOf(sent.runId)); cuts++) {
        const resume = [{ stream, position }]
        using client = await NativeClient.open(context, account, { resume })
        await client.socket.next(({ type }) => type === 'event', {
          what: 'the next event',
          withinMs: context.pace.turnMs,
        })
        client.socket.cut()
        await client.socket.ended
        all.push(...eventsIn(client, stream))
        position = client.positionOf(stream)
      }
      if (!all.some(isEndOf(sent.runId))) {
        all.push(...(await goOn(context, account, { sent, stream, position })))
      }
      await tidy(context, account, [sent.threadId])
      return `${assertWhole(all, sent)} over ${cuts} cuts`
    },
  },
  {
    id: 'resume.event-stream',
    title: 'Where no socket passes, server-sent events go on from the same position',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [streamCause, lostCause],
    async run(context) {
      const { account, first, sent, stream } = await begin(context, 'events')
      first.socket.cut()
      await first.socket.ended
      const before = eventsIn(first, stream)
      const position = first.positionOf(stream)
      first[Symbol.dispose]()
      const query = new URLSearchParams({ stream, position })
      using events = await EventStream.open(context, `/api/events?${query.toString()}`, account)
      const isEnd = isEndOf(sent.runId)
      await events.next(({ data }) => isMessage(data) && isEnd(data), {
        what: `the end of run ${sent.runId}`,
        withinMs: context.pace.turnMs,
      })
      const after = events.events.flatMap(({ data }) =>
        isMessage(data) && data.type === 'event' ? [data] : [],
      )
      await tidy(context, account, [sent.threadId])
      return `${assertWhole([...before, ...after], sent)}: ${after.length} by server-sent events`
    },
  },
  {
    id: 'resume.polling',
    title: 'Where nothing lasts, polling goes on from the same position',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [streamCause, lostCause],
    async run(context) {
      const { account, first, sent, stream } = await begin(context, 'poll')
      first.socket.cut()
      await first.socket.ended
      const all = eventsIn(first, stream)
      let position = first.positionOf(stream)
      first[Symbol.dispose]()
      const until = performance.now() + context.pace.turnMs
      let polls = 0
      while (!all.some(isEndOf(sent.runId))) {
        if (performance.now() > until) throw new CheckFailure(`no end after ${polls} polls`)
        const answer = await poll(context, account.token, { stream, position })
        all.push(...answer.messages.filter(({ type }) => type === 'event'))
        position = answer.position
        polls += 1
      }
      await tidy(context, account, [sent.threadId])
      return `${assertWhole(all, sent)} in ${polls} polls`
    },
  },
  {
    id: 'resume.by-requests',
    title: 'A message can be sent without a socket',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'A proxy does not pass POST /api/commands on.',
        'Pass every method below /api on to Netra.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      const answer = await context.http.ask('/api/commands', {
        token: account.token,
        body: {
          type: 'send_message',
          id: 'one',
          client_message_id: randomUUID(),
          thread_id: null,
          content: [{ type: 'text', text: 'by request' }],
          agent: 'selftest',
        },
      })
      const { type, thread_id, run_id } = answer.json()
      if (type !== 'ok' || typeof thread_id !== 'string' || typeof run_id !== 'string') {
        throw new CheckFailure(`it was answered with ${answer.text.slice(0, 160)}`)
      }
      const seen: Message[] = []
      let position: string | null = null
      const until = performance.now() + context.pace.turnMs
      while (!seen.some(isEndOf(run_id))) {
        if (performance.now() > until) throw new CheckFailure('the run came to no end')
        const polled = await poll(context, account.token, {
          stream: `thread:${thread_id}`,
          position,
        })
        seen.push(...polled.messages)
        position = polled.position
      }
      await tidy(context, account, [thread_id])
      return `run ${run_id}, ${typesOf(seen.map((message) => objectIn(message, 'event') as Message).filter(isMessage))}`
    },
  },
  {
    id: 'resume.other-epoch',
    title: 'A position of another store is answered with a snapshot, never passed over',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'A client that was connected before a restore or a move would not learn that it may have missed something.',
        'Look at what came after subscribe in the evidence; run the same without the proxy.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const turn = await client.turn('epoch')
      using late = await NativeClient.open(context, account)
      const stream = `thread:${turn.threadId}`
      await late.subscribe(stream, 'anotherEpoch:3')
      const message = await snapshotOf(late, stream)
      await tidy(context, account, [turn.threadId])
      return `snapshot (${String(message['why'])}), then live`
    },
  },
  {
    id: 'resume.far-behind',
    title: 'Who is far behind gets a snapshot of the thread as it is now',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'A client that comes back after long is given nothing, or more than it can take.',
        'Look at what came after subscribe in the evidence; run the same without the proxy.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const text = `behind ${randomUUID()}`
      const turn = await client.turn(text)
      using late = await NativeClient.open(context, account)
      const stream = `thread:${turn.threadId}`
      // Beyond the head is as unknown as long ago, and needs no 500 events.
      const epoch = turn.position.split(':')[0]
      await late.subscribe(stream, `${epoch}:99999`)
      const state = objectIn(await snapshotOf(late, stream), 'state')
      await tidy(context, account, [turn.threadId])
      const messages = (Array.isArray(state['messages']) ? state['messages'] : []) as Message[]
      const said = String(turn.end['final_response'])
      const has = (words: string): boolean => JSON.stringify(messages).includes(words)
      if (!has(text) || !has(said.slice(0, 60))) {
        throw new CheckFailure('the snapshot lacks the message or its answer')
      }
      return `a snapshot with ${messages.length} messages`
    },
  },
])

/** @throws CheckFailure when events come instead. */
async function snapshotOf(client: NativeClient, stream: string): Promise<Message> {
  const { message } = await client.socket.next(
    (heard) => heard['stream'] === stream && ['snapshot', 'event', 'live'].includes(heard.type),
    { what: 'a snapshot' },
  )
  if (message.type !== 'snapshot') {
    throw new CheckFailure(`${message.type} came where a snapshot was due`)
  }
  await client.socket.next((heard) => heard.type === 'live' && heard['stream'] === stream, {
    what: 'live after the snapshot',
  })
  return message
}
