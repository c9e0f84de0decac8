import { randomUUID } from 'node:crypto'

import { CheckFailure, type Check } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { objectIn, type Heard, type Message } from '../../live/heard.ts'
import { NativeClient } from '../../live/native.ts'
import { tidy } from '../../live/tidy.ts'
import { cause, inGroup } from '../group.ts'

const TIMEOUT_MS = 45_000
const NEEDS: readonly Check['id'][] = ['stream.upgrade']
/** Some pieces wait for each other on their way; of these most come on their own. */
const PARTS = 80
const PART_MS = 12
const LARGE = 100_000
const BURST = 100
/** What has broken something somewhere: beyond 16 bits, joined, right to left, line ends of JavaScript. */
const DIFFICULT = 'Zoë 👩‍👩‍👧 𝒳 日本語 עברית \u2028\u2029 \t "quoted" \\ </script> é'

const changedCause = cause(
  'Something between changes what frames hold: an inspecting firewall, a filter, a wrong character set.',
  'Switch off inspection of WebSocket connections; run the same against Netra itself.',
)

const textsIn = (events: readonly Message[], type: string): Message[] =>
  events.filter((event) => event.type === type)

/** How many there are. @throws CheckFailure unless events and parts of the answer are in order. */
function inOrder(heard: readonly Heard[]): number {
  const wrong = heard.findIndex(({ message }, index) => message['seq'] !== index + 1)
  if (wrong >= 0) {
    const came = String(heard[wrong]?.message['seq'])
    throw new CheckFailure(`event ${came} came where ${wrong + 1} was due`)
  }
  const text = heard
    .map(({ message }) => objectIn(message, 'event'))
    .filter((event) => event['type'] === 'message_delta')
    .map((event) => String(event['text']))
    .join('')
  const places = [...text.matchAll(/\[(\d+)\/\d+\]/g)].map(([, place]) => Number(place))
  const misplaced = places.findIndex((place, index) => place !== index + 1)
  if (misplaced >= 0) {
    throw new CheckFailure(`part ${places[misplaced]} came where ${misplaced + 1} was due`)
  }
  if (places.length !== PARTS) throw new CheckFailure(`${places.length} of ${PARTS} parts came`)
  return heard.length
}

const largest = (text: string) => ({
  type: 'send_message',
  id: 'largest',
  client_message_id: randomUUID(),
  thread_id: null,
  content: [{ type: 'text', text }],
  agent: 'selftest',
})

/** A turn, its events, and nothing left behind. */
async function turnOf(context: CheckContext, text: string) {
  const account = await context.account()
  using client = await NativeClient.open(context, account)
  const turn = await client.turn(text)
  const heard = client.eventsOf(`thread:${turn.threadId}`)
  await tidy(context, account, [turn.threadId])
  return {
    end: turn.end,
    events: heard.map(({ message }) => objectIn(message, 'event') as Message),
  }
}

export const contentChecks: readonly Check[] = inGroup('stream', [
  {
    id: 'stream.order',
    title: 'Many events close together arrive in their order, none missing',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Something between drops or reorders frames when many come at once.',
        'Run the same against Netra itself; look for a limit on messages per second in the proxy.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const { threadId } = await client.turn(`order\n!no-tool\n!stream ${PARTS} ${PART_MS} 30`)
      await tidy(context, account, [threadId])
      const count = inOrder(client.eventsOf(`thread:${threadId}`))
      return `${count} events with ${PARTS} parts of an answer, in order`
    },
  },
  {
    id: 'stream.burst',
    title: 'A hundred small messages each way arrive in their order',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Something between drops, delays or reorders small frames that come close together.',
        'Look for a limit on messages per second in the proxy; run the same against Netra itself.',
      ),
    ],
    async run(context) {
      using client = await NativeClient.open(context, await context.account())
      const begun = performance.now()
      const nonces = Array.from({ length: BURST }, (_none, place) => `burst-${place}`)
      for (const nonce of nonces) client.socket.send({ type: 'ping', nonce })
      await client.ping()
      const back = client.socket.messages
        .filter(({ type }) => type === 'pong')
        .map(({ nonce }) => nonce)
        .slice(0, BURST)
      const wrong = nonces.findIndex((nonce, place) => back[place] !== nonce)
      if (wrong >= 0) {
        throw new CheckFailure(
          `answer ${wrong + 1} is ${String(back[wrong])}, not ${nonces[wrong]}`,
        )
      }
      return `${BURST} answers after ${Math.round(performance.now() - begun)} ms`
    },
  },
  {
    id: 'stream.unicode',
    title: 'Every character arrives as it was sent',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [changedCause],
    async run(context) {
      const text = `${DIFFICULT} ${randomUUID()}`
      const { events } = await turnOf(context, text)
      const [tool] = textsIn(events, 'tool_executing')
      const back = objectIn(tool, 'arguments')['text']
      if (back !== text) throw new CheckFailure(`${JSON.stringify(back)} came back`)
      return `${text.length} characters, unchanged`
    },
  },
  {
    id: 'stream.largest-up',
    title: 'A message of the largest size gets through to Netra',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Something between has a smaller limit on frames than Netra.',
        'Raise its limit to at least 64 KB for each message.',
      ),
    ],
    async run(context) {
      const account = await context.account()
      using client = await NativeClient.open(context, account)
      const { max_frame_bytes } = objectIn(client.welcome, 'limits')
      if (typeof max_frame_bytes !== 'number') throw new CheckFailure('no limit in the welcome')
      const room = max_frame_bytes - JSON.stringify(largest('!no-tool\n')).length
      client.socket.send(largest(`!no-tool\n${'x'.repeat(room)}`))
      const { message: answer } = await client.socket.next(
        (heard) => heard['id'] === 'largest' && (heard.type === 'ok' || heard.type === 'error'),
        { what: `the answer to a frame of ${max_frame_bytes} bytes` },
      )
      if (answer.type !== 'ok') throw new CheckFailure(`refused: ${String(answer['code'])}`)
      const [threadId, runId] = [String(answer['thread_id']), String(answer['run_id'])]
      await client.subscribe(`thread:${threadId}`, null)
      const end = await client.end({ runId })
      await tidy(context, account, [threadId])
      if (!String(end['final_response']).includes(`said ${room} characters`)) {
        throw new CheckFailure(`it arrived changed: ${String(end['final_response']).slice(0, 100)}`)
      }
      return `${max_frame_bytes} bytes`
    },
  },
  {
    id: 'stream.largest-down',
    title: 'A long answer gets through whole',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS,
    needs: NEEDS,
    causes: [
      cause(
        'Something between has a limit on frames or closes on large ones.',
        'Raise its limit to at least 1 MB for each message to clients.',
      ),
    ],
    async run(context) {
      const { end, events } = await turnOf(context, `large\n!no-tool\n!stream 1 0 ${LARGE}`)
      const said = String(end['final_response'])
      const pieces = textsIn(events, 'message_delta').map((delta) => String(delta['text']))
      if (said.length < LARGE || pieces.join('') !== said) {
        throw new CheckFailure(`${pieces.join('').length} of ${said.length} characters came`)
      }
      return `${said.length} characters in ${pieces.length} pieces`
    },
  },
])
