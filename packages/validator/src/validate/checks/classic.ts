import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { ClassicClient, type ClassicTurn } from '../live/classic.ts'
import { digestOf } from '../live/digest.ts'
import { EventStream, type StreamedEvent } from '../live/event-stream.ts'
import type { Message } from '../live/heard.ts'
import { typesOf } from '../live/heard.ts'
import { recording } from '../live/recording.ts'
import { RecordedSocket } from '../live/socket.ts'
import { tidy } from '../live/tidy.ts'
import { CRITICAL } from './conversation/recorded.ts'
import { cause, inGroup } from './group.ts'

const TIMEOUT_MS = 40_000
const NEEDS: readonly Check['id'][] = ['classic.welcome']

const codecCause = cause(
  'Something between changes the frames of older clients, or this Netra is of another version.',
  'Run the same against Netra itself, without the proxy; compare the versions.',
)

interface Recorded {
  welcome: Record<string, unknown>
  turn: ClassicTurn
  text: string
  userId: string
}

/** One turn of an older client, at which several checks look. */
const classicTurn = recording(async (context: CheckContext): Promise<Recorded> => {
  const account = await context.account()
  using client = await ClassicClient.open(context, account)
  const text = `classic ${randomUUID()}`
  const turn = await client.turn(text)
  await tidy(context, account, [turn.threadId])
  return { welcome: client.said, turn, text, userId: account.userId }
})

/** Fields of the five events that older clients read beside `payload`. */
const FLAT: Record<(typeof CRITICAL)[number], readonly string[]> = {
  agent_started: [],
  agent_thinking: ['reasoning'],
  tool_executing: ['tool_name', 'parameters'],
  tool_completed: ['tool_name', 'results', 'duration'],
  agent_completed: ['final_response', 'duration'],
}

export const classicChecks: readonly Check[] = inGroup('classic', [
  {
    id: 'classic.welcome',
    title: 'An older client is welcomed at once, by its token',
    weight: 'blocking',
    causes: [
      cause(
        'A proxy takes the header Authorization away, or passes no upgrade on without a subprotocol.',
        'Pass Authorization, Upgrade, Connection and Sec-WebSocket-Protocol on to Netra.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await ClassicClient.open(context, account)
      const { said } = client
      if (said['event'] !== 'connection_established' || said['connection_ready'] !== true) {
        throw new CheckFailure(`the welcome is ${JSON.stringify(client.welcome).slice(0, 200)}`)
      }
      if (said['user_id'] !== account.userId) {
        throw new CheckFailure(`the welcome is for user ${JSON.stringify(said['user_id'])}`)
      }
      return `connection ${JSON.stringify(said['connection_id'])}`
    },
  },
  {
    id: 'classic.subprotocol',
    title: 'A browser of older clients is let in by its subprotocol',
    weight: 'blocking',
    causes: [
      cause(
        'A proxy takes Sec-WebSocket-Protocol away or answers another.',
        'Pass Sec-WebSocket-Protocol on in both directions.',
      ),
    ],
    async run(context) {
      using client = await ClassicClient.open(context, await context.account(), 'subprotocol')
      const { protocol } = client.socket
      if (protocol !== 'jwt-auth') {
        throw new CheckFailure(`${protocol || 'no subprotocol'} was selected, not jwt-auth`)
      }
      return 'jwt-auth was selected'
    },
  },
  ...(
    [
      ['ping', 'pong'],
      ['heartbeat', 'heartbeat_ack'],
    ] as const
  ).map(([type, answer]) => ({
    id: `classic.${type}` as const,
    title: `${type} is answered with ${answer}`,
    weight: 'blocking' as const,
    needs: NEEDS,
    causes: [codecCause],
    async run(context: CheckContext) {
      using client = await ClassicClient.open(context, await context.account())
      const begun = performance.now()
      await client.ask({ type }, (heard) => heard.type === answer, answer)
      return `after ${Math.round(performance.now() - begun)} ms`
    },
  })),
  {
    id: 'classic.five-events',
    title: 'The five critical events come in their order',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [codecCause],
    async run(context) {
      const { turn } = await classicTurn(context)
      const messages = turn.events.map(({ message }) => message)
      const places = CRITICAL.map((type) => messages.findIndex((event) => event.type === type))
      if (places.some((at, index) => at < 0 || (index > 0 && at < (places[index - 1] ?? 0)))) {
        throw new CheckFailure(`there came ${typesOf(messages)}`)
      }
      return typesOf(messages)
    },
  },
  {
    id: 'classic.flat-fields',
    title: 'Events have their fields beside payload, by the names that older clients read',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [codecCause],
    async run(context) {
      const { turn, userId } = await classicTurn(context)
      for (const { message } of turn.events) {
        const own = FLAT[message.type as keyof typeof FLAT]
        if (!own) continue
        const payload = message['payload'] as Record<string, unknown> | undefined
        const lacking = [
          ...own.filter((name) => message[name] === undefined || payload?.[name] === undefined),
          ...['run_id', 'thread_id', 'timestamp', 'event_id'].filter(
            (name) => typeof message[name] !== 'string',
          ),
        ]
        if (lacking.length > 0) {
          throw new CheckFailure(`${message.type} lacks ${lacking.join(', ')}`)
        }
        if (message['user_id'] !== userId) {
          throw new CheckFailure(
            `${message.type} is of user ${JSON.stringify(message['user_id'])}, not of ${userId}`,
          )
        }
      }
      return Object.values(FLAT).flat().join(', ')
    },
  },
  {
    id: 'classic.answer',
    title: 'An older client gets the answer, with what the tool returned',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [codecCause],
    async run(context) {
      const { turn, text } = await classicTurn(context)
      const said = JSON.stringify(turn.end['final_response'])
      if (!said.includes(digestOf(text))) {
        throw new CheckFailure(`${turn.end.type}: ${said.slice(0, 120)}, without ${digestOf(text)}`)
      }
      return said
    },
  },
  {
    id: 'classic.unknown-type',
    title: 'A message of an unknown type is acknowledged',
    weight: 'advisory',
    needs: NEEDS,
    causes: [codecCause],
    async run(context) {
      using client = await ClassicClient.open(context, await context.account())
      const type = `unknown_${randomUUID().slice(0, 8)}`
      const isAnswer = (heard: Message): boolean =>
        heard['received_type'] === type && (heard.type === 'ack' || heard.type === 'error')
      const answer = await client.ask({ type }, isAnswer, 'the ack')
      if (answer.type !== 'ack') throw new CheckFailure(`it was answered with ${answer.type}`)
      return 'ack'
    },
  },
  {
    id: 'classic.bad-json',
    title: 'A frame that is no JSON gets an error, and the socket lives on',
    weight: 'advisory',
    needs: NEEDS,
    causes: [codecCause],
    async run(context) {
      using client = await ClassicClient.open(context, await context.account())
      const error = await client.ask('{this is no JSON', ({ type }) => type === 'error', 'an error')
      await client.ask({ type: 'ping' }, ({ type }) => type === 'pong', 'the pong after it')
      return `${JSON.stringify(error['error_code'])}, then pong`
    },
  },
  {
    id: 'classic.no-token',
    title: 'A client without a token is told so before it is closed',
    weight: 'blocking',
    causes: [
      cause(
        'Something between adds credentials, or closes sockets before their last frame is sent.',
        'Let no proxy add credentials; let it pass on what comes before a close.',
      ),
    ],
    async run(context) {
      const { ws_url: url } = await context.config()
      using socket = await RecordedSocket.open(context, { url })
      const { message } = await socket.next(() => true, { what: 'the reason' })
      if (message.type !== 'error_message' || message['error_code'] !== 'NO_TOKEN') {
        throw new CheckFailure(`the first message is ${JSON.stringify(message).slice(0, 160)}`)
      }
      const timer = setTimeout(() => socket.cut(), context.pace.answerMs)
      const { code } = await socket.ended
      clearTimeout(timer)
      if (code !== 1008) throw new CheckFailure(`closed with ${code}, not 1008`)
      return 'NO_TOKEN, then 1008'
    },
  },
  {
    id: 'classic.stream',
    title: '/api/agents/stream tells a run as server-sent events, to stream_end',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    causes: [
      cause(
        'A proxy does not pass event streams on.',
        'Switch off buffering for /api (proxy_buffering off) and let answers last as long as a run.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      const text = `stream ${randomUUID()}`
      using stream = await openStream(context, account.token, { message: text })
      await stream.next(isNamed('stream_end'), {
        what: 'stream_end',
        withinMs: context.pace.turnMs,
      })
      const names = namesOf(stream.events)
      await tidy(context, account, threadsIn(stream.events))
      const lacking = CRITICAL.filter((type) => !names.includes(type))
      if (lacking.length > 0) {
        throw new CheckFailure(`${lacking.join(', ')} did not come: ${names.join(', ')}`)
      }
      const end = stream.events.find(isNamed('agent_completed'))
      if (!JSON.stringify(end?.data).includes(digestOf(text))) {
        throw new CheckFailure('the answer lacks what the tool returned')
      }
      return [...new Set(names)].join(' → ')
    },
  },
  {
    id: 'classic.stream-resume',
    title: 'A stream that was cut goes on after its Last-Event-ID, with nothing lost or repeated',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['classic.stream'],
    causes: [
      cause(
        'A proxy takes Last-Event-ID away, so that each reconnection would begin a new run.',
        'Pass Last-Event-ID on to Netra.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      const body = { message: 'resume\n!stream 12 40' }
      const first = await openStream(context, account.token, body)
      await first.next(isNamed('message_delta'), {
        what: 'the first piece',
        withinMs: context.pace.turnMs,
      })
      first.cut()
      await first.over
      const lastEventId = first.events.findLast(({ id }) => id !== undefined)?.id
      if (lastEventId === undefined) throw new CheckFailure('no event of the stream has an id')
      using second = await openStream(context, account.token, body, lastEventId)
      await second.next(isNamed('stream_end'), {
        what: 'stream_end',
        withinMs: context.pace.turnMs,
      })
      await tidy(context, account, threadsIn(first.events))
      const runs = new Set(
        [...first.events, ...second.events].map(({ data }) => JSON.stringify(data['run_id'])),
      )
      if (runs.size > 1) throw new CheckFailure(`${runs.size} runs were begun for one message`)
      const ids = [...first.events, ...second.events]
        .filter((event) => !isNamed('stream_end')(event))
        .flatMap(({ id }) => id ?? [])
      const seqs = ids.map((id) => Number(id.split(':').at(-1)))
      const wrong = seqs.findIndex((seq, index) => index > 0 && seq !== (seqs[index - 1] ?? 0) + 1)
      if (wrong > 0) {
        throw new CheckFailure(`after event ${seqs[wrong - 1]} came ${seqs[wrong]}`)
      }
      return `${first.events.length} events before the cut, ${second.events.length} after it`
    },
  },
])

const openStream = (
  context: CheckContext,
  token: string,
  body: { message: string },
  lastEventId?: string,
): Promise<EventStream> =>
  EventStream.open(context, '/api/agents/stream', {
    method: 'POST',
    token,
    body: { agent_type: 'selftest', ...body },
    ...(lastEventId !== undefined && { lastEventId }),
  })

const isNamed =
  (name: string) =>
  ({ data }: StreamedEvent): boolean =>
    data['event'] === name

const namesOf = (events: readonly StreamedEvent[]): string[] =>
  events.map(({ data }) => JSON.stringify(data['event']).replaceAll('"', ''))

const threadsIn = (events: readonly StreamedEvent[]): string[] =>
  events.flatMap(({ data }) => (typeof data['thread_id'] === 'string' ? [data['thread_id']] : []))
