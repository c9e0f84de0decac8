import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { typesOf } from '../../live/heard.ts'
import { NativeClient } from '../../live/native.ts'
import { tidy } from '../../live/tidy.ts'
import { cause, inGroup } from '../group.ts'
import { eventsIn } from './recorded.ts'

const TIMEOUT_MS = 40_000

export const deviceChecks: readonly Check[] = inGroup('conversation', [
  {
    id: 'conversation.idempotent',
    title: 'The same message sent twice begins one run',
    weight: 'blocking',
    needs: ['conversation.accepted', 'conversation.agent-completed'],
    causes: [
      cause(
        'A message that is sent again after a lost answer is done twice: something between changes messages, or a fault of Netra.',
        'Look at the two answers in the evidence: the second should say duplicate and name the same run.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const clientMessageId = randomUUID()
      const first = await client.say('once', { clientMessageId })
      await client.subscribe(`thread:${first.threadId}`, first.position)
      const second = await client.say('once', { clientMessageId })
      if (second.runId !== first.runId) {
        throw new CheckFailure(`run ${first.runId}, and for the repetition run ${second.runId}`)
      }
      if (!second.isDuplicate) throw new CheckFailure('the second ok does not say duplicate')
      await client.end(first)
      await client.ping()
      const added = eventsIn(client.eventsOf(`thread:${first.threadId}`)).filter(
        (event) => event.type === 'message_added' && event['role'] === 'user',
      )
      await tidy(context, account, [first.threadId])
      if (added.length !== 1) throw new CheckFailure(`the message was added ${added.length} times`)
      return `run ${first.runId} for both`
    },
  },
  {
    id: 'conversation.second-device',
    title: 'A second device of the same person sees the same',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: ['conversation.accepted', 'conversation.agent-completed'],
    causes: [
      cause(
        'Several processes serve this address without one shared database, so each sees its own half.',
        'Set DATABASE_URL to the same PostgreSQL for all of them, or run one process.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using first = await NativeClient.open(context, account)
      using second = await NativeClient.open(context, account)
      const sent = await first.say('two devices\n!stream 5 20')
      const stream = `thread:${sent.threadId}`
      await Promise.all([
        first.subscribe(stream, sent.position),
        second.subscribe(stream, sent.position),
      ])
      await Promise.all([first.end(sent), second.end(sent)])
      const [one, other] = [first, second].map((client) => eventsIn(client.eventsOf(stream)))
      await tidy(context, account, [sent.threadId])
      if (JSON.stringify(one) !== JSON.stringify(other)) {
        throw new CheckFailure(`one saw ${typesOf(one ?? [])}; the other ${typesOf(other ?? [])}`)
      }
      return `both saw the same ${one?.length} events`
    },
  },
  {
    id: 'conversation.with-model',
    title: 'The configured model answers',
    weight: 'blocking',
    applies: ({ withModel }) =>
      withModel ? undefined : 'asked for by --with-model alone, as it may cost money',
    timeoutMs: 120_000,
    needs: ['conversation.accepted'],
    causes: [
      cause(
        'The key of the model is wrong or expired, or nothing is connected.',
        'Test it in Settings → Models as an administrator; check its key.',
        /model_auth|model_refused/,
      ),
      cause(
        'The model does not answer, or not in time.',
        "Test it in Settings → Models; check the network from Netra to the model's address.",
      ),
    ],
    run: tryModel,
  },
])

const MODEL_MS = 90_000

async function tryModel(context: CheckContext): Promise<string> {
  const account = await context.account()
  const listed = await context.http.ask('/api/models', { token: account.token })
  const model = String(listed.json()['default'])
  using client = await NativeClient.open(context, account)
  const sent = await client.say('What is 17 + 25? Answer with the number alone.', { agent: null })
  await client.subscribe(`thread:${sent.threadId}`, sent.position)
  const begun = performance.now()
  const end = await client.end(sent, MODEL_MS)
  await tidy(context, account, [sent.threadId])
  if (end.type !== 'agent_completed') {
    throw new CheckFailure(
      `${model}: ${end.type} ${String(end['code'])}: ${String(end['message'])}`,
    )
  }
  const answer = String(end['final_response'])
  if (answer.trim() === '') throw new CheckFailure(`${model} answered nothing`)
  const took = Math.round(performance.now() - begun)
  return `${model} answered “${answer.trim().slice(0, 80)}” after ${took} ms`
}
