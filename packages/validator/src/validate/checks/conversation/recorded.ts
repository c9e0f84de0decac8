import { randomUUID } from 'node:crypto'

import type { Account } from '../../accounts.ts'
import { CheckFailure, CheckTimedOut } from '../../check.ts'
import type { CheckContext } from '../../context.ts'
import { objectIn, type Heard, type Message } from '../../live/heard.ts'
import { NativeClient, type Sent } from '../../live/native.ts'
import { recording } from '../../live/recording.ts'
import { tidy } from '../../live/tidy.ts'

/** The five events without which nobody sees what an agent does. */
export const CRITICAL = [
  'agent_started',
  'agent_thinking',
  'tool_executing',
  'tool_completed',
  'agent_completed',
] as const

export interface Conversation {
  account: Account
  sent: Sent
  /** What the tool was given. */
  text: string
  /** All that came of the thread, in order. */
  events: readonly Heard[]
  /** All that came of the user's own stream. */
  userEvents: readonly Heard[]
  /** Every message of the socket, whatever it was. */
  heard: readonly Message[]
  /** Undefined when none came in time. */
  end: Message | undefined
  /** From sending to the answer, to the first event, to the end. */
  okMs: number
  firstEventMs: number | undefined
  endMs: number | undefined
}

/** After the end, so long something that is one too many may still come. */
const SETTLE_MS = 150

/** One real turn with several parts of text, at which the checks of this group look. */
export const conversation = recording(async (context: CheckContext): Promise<Conversation> => {
  const account = await context.account()
  using client = await NativeClient.open(context, account)
  const userStream = `user:${account.userId}`
  await client.follow(userStream, null)
  const text = `conversation ${randomUUID()}`
  const begun = performance.now()
  const sent = await client.say(`${text}\n!stream 8 15`)
  const okMs = Math.round(performance.now() - begun)
  const stream = `thread:${sent.threadId}`
  await client.subscribe(stream, sent.position)
  const end = await client.end(sent).catch((error: unknown) => {
    // What did not come is the failure of the check that looks for it.
    if (error instanceof CheckTimedOut) return undefined
    throw error
  })
  const ended = performance.now()
  if (end) {
    await client.socket
      .next((heard) => heard['stream'] === userStream && isCompleted(heard['event'], sent.runId), {
        what: 'run_state_changed',
        withinMs: 1_000,
      })
      .catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
  const events = client.eventsOf(stream)
  const [first] = events
  const recorded = {
    account,
    sent,
    text,
    events,
    userEvents: client.eventsOf(userStream),
    heard: client.socket.messages,
    end,
    okMs,
    firstEventMs: first && Math.round(first.atMs - begun),
    endMs: end && Math.round(ended - begun),
  }
  await tidy(context, account, [sent.threadId])
  return recorded
})

const isCompleted = (event: unknown, runId: string): boolean => {
  const { run_id, state } = event as { run_id?: unknown; state?: unknown }
  return run_id === runId && state === 'completed'
}

/** What the events of a conversation say, without what surrounds them. */
export const eventsIn = (heard: readonly Heard[]): Message[] =>
  heard.map(({ message }) => objectIn(message, 'event') as Message)

/** @throws CheckFailure */
export function eventOf({ events }: Conversation, type: string): Message {
  const found = eventsIn(events).find((event) => event.type === type)
  if (!found) throw new CheckFailure(`no ${type} came; there were: ${shown(events)}`)
  return found
}

export const shown = (heard: readonly Heard[]): string =>
  [...new Set(eventsIn(heard).map(({ type }) => type))].join(', ') || 'no events at all'
