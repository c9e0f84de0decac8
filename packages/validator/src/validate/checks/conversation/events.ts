import type { Account } from '../../accounts.ts'
import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { digestOf } from '../../live/digest.ts'
import { isTerminalType, NativeClient } from '../../live/native.ts'
import { tidy } from '../../live/tidy.ts'
import { cause, inGroup } from '../group.ts'
import { conversation, CRITICAL, eventOf, eventsIn, shown } from './recorded.ts'

const NEEDS: readonly Check['id'][] = ['conversation.accepted']
/** As long as the turn itself may take, and what surrounds it. */
const TIMEOUT_MS = 30_000
const FIRST_EVENT_MS = 2_000

const lostCause = cause(
  'Something between the agent and this client loses events: a proxy that drops or merges frames, or a fault of Netra.',
  'Run the same against Netra itself, without the proxy; then look at the run in the log by its run_id.',
)

const WHY: Record<(typeof CRITICAL)[number], string> = {
  agent_started: 'people do not see that their message was taken up',
  agent_thinking: 'people do not see what the agent intends',
  tool_executing: 'people do not see which tool works',
  tool_completed: 'people do not see what the tool returned',
  agent_completed: 'people wait for an end that never comes',
}

export const eventChecks: readonly Check[] = inGroup('conversation', [
  {
    id: 'conversation.accepted',
    title: 'A message is accepted, and a run begins',
    weight: 'blocking',
    smoke: true,
    timeoutMs: TIMEOUT_MS,
    needs: ['conversation.welcome'],
    causes: [
      cause(
        'This Netra has no agent selftest: it is older than this validator.',
        'Use the netra validate that came with it, or upgrade it.',
        /not_found/,
      ),
      cause(
        'The store cannot be written, or the account is at a limit.',
        'Read the reasons in /health, and the code in the evidence.',
      ),
    ],
    async run(context) {
      const { sent, okMs } = await conversation(context)
      return `run ${sent.runId} begun ${okMs} ms after sending`
    },
  },
  ...CRITICAL.map((type) => ({
    id: `conversation.${type.replace('_', '-')}` as const,
    title: `The event ${type} comes, with what it is about`,
    weight: 'blocking' as const,
    smoke: true as const,
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [cause(`${type} is lost: ${WHY[type]}.`, lostCause.fix)],
    async run(context: Parameters<Check['run']>[0]) {
      const recorded = await conversation(context)
      const event = eventOf(recorded, type)
      const absent = FIELDS[type].filter((name) => event[name] === undefined)
      if (absent.length > 0) throw new CheckFailure(`${type} lacks ${absent.join(', ')}`)
      return FIELDS[type].map((name) => `${name} ${brief(event[name])}`).join(', ')
    },
  })),
  {
    id: 'conversation.order',
    title: 'The critical events come in their order',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Something between sends frames on in another order than they came.',
        'Let nothing spread one connection over several; run the same against Netra itself.',
      ),
    ],
    async run(context) {
      const { events } = await conversation(context)
      const types = eventsIn(events).map(({ type }) => type)
      // One that is missing is the failure of its own check.
      const places = CRITICAL.map((type) => types.indexOf(type)).filter((place) => place >= 0)
      if (places.length < 2) throw new CheckFailure(`there is no order in ${shown(events)}`)
      if (places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0))) {
        throw new CheckFailure(`the order was ${types.join(', ')}`)
      }
      return types.filter((type) => type !== 'message_delta').join(' → ')
    },
  },
  {
    id: 'conversation.one-end',
    title: 'A run has one terminal event, and nothing of it comes after',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['conversation.accepted', 'conversation.agent-completed'],
    causes: [
      cause(
        'Two processes work on one run, or something between repeats frames.',
        'See that each process has a data folder of its own or all share one PostgreSQL; look for "run lost" in the log.',
      ),
    ],
    async run(context) {
      const { events, sent } = await conversation(context)
      const ofRun = eventsIn(events).filter((event) => event['run_id'] === sent.runId)
      const ends = ofRun.filter(({ type }) => isTerminalType(type))
      if (ends.length !== 1) {
        throw new CheckFailure(
          `${ends.length} ends came: ${ends.map(({ type }) => type).join(', ')}`,
        )
      }
      const after = ofRun.slice(ofRun.findIndex(({ type }) => isTerminalType(type)) + 1)
      if (after.length > 0) {
        throw new CheckFailure(`after the end came ${after.map(({ type }) => type).join(', ')}`)
      }
      return 'one end, and nothing after it'
    },
  },
  {
    id: 'conversation.contiguous',
    title: 'Events are numbered without a hole, from 1 in a new thread',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [lostCause],
    async run(context) {
      const { events } = await conversation(context)
      if (events.length === 0) throw new CheckFailure('no event of the thread came')
      for (const [index, { message }] of events.entries()) {
        if (message['seq'] === index + 1) continue
        throw new CheckFailure(`event ${String(message['seq'])} came where ${index + 1} was due`)
      }
      return `1 to ${events.length}`
    },
  },
  {
    id: 'conversation.deltas-fold',
    title: 'The pieces of the answer make up the whole, without hole or overlap',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [lostCause],
    async run(context) {
      const { events } = await conversation(context)
      const all = eventsIn(events)
      const spoken = all.findLast(
        (event) => event.type === 'message_completed' && textIn(event['content']) !== '',
      )
      const deltas = all.filter((event) => event.type === 'message_delta')
      const messageId = spoken?.['message_id'] ?? deltas.at(-1)?.['message_id']
      let text = ''
      for (const delta of deltas.filter((event) => event['message_id'] === messageId)) {
        if (delta['offset'] !== text.length) {
          throw new CheckFailure(
            `a piece came at ${String(delta['offset'])} where ${text.length} was due`,
          )
        }
        text += String(delta['text'])
      }
      if (deltas.length === 0) throw new CheckFailure('no message_delta came')
      if (spoken && text !== textIn(spoken['content'])) {
        throw new CheckFailure(
          `the pieces make ${text.length} characters, the whole message is ${textIn(spoken['content']).length}`,
        )
      }
      return `${deltas.length} pieces, ${text.length} characters`
    },
  },
  {
    id: 'conversation.answer',
    title: 'The answer has what the tool returned, and no other',
    weight: 'blocking',
    smoke: true,
    timeoutMs: TIMEOUT_MS,
    needs: ['conversation.accepted', 'conversation.agent-completed'],
    causes: [
      cause(
        'What the tool returned did not reach the answer: something between changes texts, or a fault of Netra.',
        'Look at tool_completed and agent_completed in the evidence.',
      ),
    ],
    async run(context) {
      const recorded = await conversation(context)
      const said = String(eventOf(recorded, 'agent_completed')['final_response'])
      const due = digestOf(recorded.text)
      if (!said.includes(due)) {
        throw new CheckFailure(`the answer lacks ${due}: ${said.slice(0, 120)}`)
      }
      return `the answer has ${due}, answered after ${recorded.endMs} ms`
    },
  },
  {
    id: 'conversation.first-event',
    title: 'The first event comes within 2 s of sending',
    weight: 'advisory',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Commits are slow (a slow disk, a far database), or many runs wait.',
        'See netra_first_event_ms and netra_commit_ms in /metrics; look at the load of the machine.',
      ),
    ],
    async run(context) {
      const { firstEventMs, account } = await conversation(context)
      if (firstEventMs === undefined) throw new CheckFailure('no event came')
      const times = [firstEventMs]
      // One slow moment is none of the server's habit.
      const more = firstEventMs > FIRST_EVENT_MS ? 2 : 0
      for (let count = 0; count < more; count++) times.push(await firstEventOf(context, account))
      const [, middle = firstEventMs] = times.toSorted((a, b) => a - b)
      if (middle > FIRST_EVENT_MS) {
        throw new CheckFailure(`${times.join(', ')} ms, not at most ${FIRST_EVENT_MS} ms`)
      }
      return `${times.join(', ')} ms`
    },
  },
  {
    id: 'conversation.own-ids',
    title: 'Everything on the socket is about this user alone',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        "Another person's events reach this socket: a breach of isolation.",
        'Take the server out of service, keep its data folder and log, and report it as SECURITY.md says.',
      ),
    ],
    async run(context) {
      const { account, sent, heard } = await conversation(context)
      const streams = new Set([`thread:${sent.threadId}`, `user:${account.userId}`])
      for (const message of heard) {
        const { stream } = message
        if (typeof stream === 'string' && !streams.has(stream)) {
          throw new CheckFailure(`${message.type} of ${stream} came, which was never subscribed`)
        }
        const { user_id } = (message['event'] ?? message) as { user_id?: unknown }
        if (user_id !== undefined && user_id !== account.userId) {
          throw new CheckFailure(`${message.type} of user ${JSON.stringify(user_id)} came`)
        }
      }
      return `${heard.length} messages, all of user ${account.userId}`
    },
  },
  {
    id: 'conversation.user-stream',
    title: "The user's own stream tells of the new thread and of its run",
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        "Other devices of a person do not learn of a thread begun elsewhere: something between drops the events of user's streams.",
        'Run the same against Netra itself, without the proxy.',
      ),
    ],
    async run(context) {
      const { userEvents, sent } = await conversation(context)
      const own = eventsIn(userEvents).filter((event) => event['thread_id'] === sent.threadId)
      const created = own.find((event) => event.type === 'thread_created')
      if (!created)
        throw new CheckFailure(`no thread_created came; there were: ${shown(userEvents)}`)
      if (typeof created['title'] !== 'string' || created['title'] === '') {
        throw new CheckFailure('thread_created has no title')
      }
      const states = own
        .filter((event) => event.type === 'run_state_changed')
        .map((event) => String(event['state']))
      if (!states.includes('completed')) {
        throw new CheckFailure(`run_state_changed said ${states.join(', ') || 'nothing'}`)
      }
      return `“${created['title']}”, then ${states.join(' → ')}`
    },
  },
])

async function firstEventOf(context: CheckContext, account: Account): Promise<number> {
  using client = await NativeClient.open(context, account)
  const begun = performance.now()
  const { threadId, events } = await client.turn('first event')
  await tidy(context, account, [threadId])
  return Math.round((events[0]?.atMs ?? Infinity) - begun)
}

/** What each event cannot do without. */
const FIELDS: Record<(typeof CRITICAL)[number], readonly string[]> = {
  agent_started: ['run_id', 'agent', 'attempt'],
  agent_thinking: ['run_id', 'thought', 'step'],
  tool_executing: ['run_id', 'tool_call_id', 'tool_name', 'arguments'],
  tool_completed: ['run_id', 'tool_call_id', 'tool_name', 'status', 'duration_ms'],
  agent_completed: ['run_id', 'message_id', 'final_response', 'duration_ms'],
}

const brief = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

const textIn = (content: unknown): string =>
  (Array.isArray(content) ? content : [])
    .map((part: unknown) => (part as { text?: string } | null)?.text ?? '')
    .join('')
