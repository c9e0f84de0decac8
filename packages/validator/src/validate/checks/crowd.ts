import { randomUUID } from 'node:crypto'

import type { Account } from '../accounts.ts'
import { CheckFailure, CheckRefused, CheckSkipped, type Check } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { digestOf } from '../live/digest.ts'
import { objectIn, type Message } from '../live/heard.ts'
import { NativeClient } from '../live/native.ts'
import { recording } from '../live/recording.ts'
import { tidy } from '../live/tidy.ts'
import { cause, inGroup } from './group.ts'

const MOST_ACCOUNTS = 5
const WELCOME_MS = 2_000
const TIMEOUT_MS = 60_000

/** What became of one socket of a crowd. */
interface Member {
  welcomeMs: number | undefined
  turnMs: number | undefined
  /** Why it did not hear its own run to the right end. */
  problem: string | undefined
  isRefused: boolean
  /** Messages that are not this socket's. */
  foreign: string[]
}

interface Crowd {
  members: readonly Member[]
  accounts: number
  tookMs: number
}

/** Welcomed, one run of its own, heard to its end: all sockets of a stage at once. */
async function gather(context: CheckContext, size: number): Promise<Crowd> {
  await assertRoom(context, size)
  const people: Account[] = []
  for (let index = 0; index < Math.min(context.users, MOST_ACCOUNTS, size); index++) {
    people.push(await context.account(index))
  }
  const begun = performance.now()
  const members = await Promise.all(
    Array.from({ length: size }, (_none, index) =>
      join(context, people[index % people.length] as Account),
    ),
  )
  const tookMs = Math.round(performance.now() - begun)
  const crowd = { members, accounts: people.length, tookMs }
  context.note({
    sent: `${size} sockets at once over ${people.length} accounts, one message on each`,
    received: evidenceOf(members),
    durationMs: tookMs,
  })
  return crowd
}

/** @throws CheckSkipped when so many are not allowed to so few accounts. */
async function assertRoom(context: CheckContext, size: number): Promise<void> {
  const { max_connections_per_user: told } = objectIn(await context.config(), 'limits')
  const each = typeof told === 'number' ? told : Infinity
  if (size <= context.users * each) return
  throw new CheckSkipped(
    `${size} sockets need ${Math.ceil(size / each)} accounts, as each may have ${each}; --users allows ${context.users}`,
  )
}

async function join(context: CheckContext, account: Account): Promise<Member> {
  const member: Member = {
    welcomeMs: undefined,
    turnMs: undefined,
    problem: undefined,
    isRefused: false,
    foreign: [],
  }
  try {
    using client = await NativeClient.open(context, account, { isUnrecorded: true })
    member.welcomeMs = client.welcomeMs
    const text = `crowd ${randomUUID()}`
    const begun = performance.now()
    const { threadId, end } = await client.turn(text)
    member.turnMs = Math.round(performance.now() - begun)
    if (!String(end['final_response']).includes(digestOf(text))) {
      member.problem = `its run ended with ${end.type}, without the answer to its own message`
    }
    member.foreign = foreignIn(client.socket.messages, { threadId, userId: account.userId })
    await client.socket.close()
    await tidy(context, account, [threadId])
  } catch (error) {
    member.problem = error instanceof Error ? error.message : String(error)
    member.isRefused = error instanceof CheckRefused
  }
  return member
}

function foreignIn(
  messages: readonly Message[],
  own: { threadId: string; userId: string },
): string[] {
  return messages.flatMap((message) => {
    const { stream } = message
    const { user_id = own.userId, thread_id = own.threadId } = {
      ...message,
      ...objectIn(message, 'event'),
    } as { user_id?: unknown; thread_id?: unknown }
    const isOwn =
      (stream === undefined || stream === `thread:${own.threadId}`) &&
      user_id === own.userId &&
      (thread_id === own.threadId || thread_id === null)
    return isOwn ? [] : [JSON.stringify(message).slice(0, 160)]
  })
}

function evidenceOf(members: readonly Member[]): string {
  const problems = members.flatMap(({ problem }) => problem ?? [])
  return [
    `welcomed after ${spread(members.flatMap(({ welcomeMs }) => welcomeMs ?? []))}`,
    `answered after ${spread(members.flatMap(({ turnMs }) => turnMs ?? []))}`,
    ...problems.slice(0, 5),
    ...(problems.length > 5 ? [`… and ${problems.length - 5} more`] : []),
  ].join('\n')
}

const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

function spread(times: readonly number[]): string {
  if (times.length === 0) return 'never'
  const sorted = times.toSorted((a, b) => a - b)
  return `${sorted[0]} ms at the earliest, ${atShare(sorted, 0.5)} in the middle, ${sorted.at(-1)} at the latest`
}

const STAGES = [0, 1, 2].map((place) =>
  recording((context: CheckContext) => gather(context, sizeOf(context, place))),
)

const sizeOf = ({ pace }: CheckContext, place: number): number =>
  pace.crowds[place] ?? pace.crowds.at(-1) ?? 5

async function judge(context: CheckContext, place: number): Promise<string> {
  const { members, accounts, tookMs } = await (STAGES[place] as (typeof STAGES)[number])(context)
  const wrong = members.filter(({ problem }) => problem !== undefined)
  if (wrong.length > 0) {
    const words = `${wrong.length} of ${members.length} sockets did not hear their own run: ${String(wrong[0]?.problem)}`
    throw wrong.every(({ isRefused }) => isRefused)
      ? new CheckRefused(words)
      : new CheckFailure(words)
  }
  const times = members.flatMap(({ welcomeMs }) => welcomeMs ?? []).toSorted((a, b) => a - b)
  const middle = atShare(times, 0.5)
  if (middle > WELCOME_MS) {
    throw new CheckFailure(`welcomed after ${middle} ms in the middle, not within ${WELCOME_MS}`)
  }
  return `${members.length} sockets over ${accounts} accounts in ${tookMs} ms; welcomed after ${spread(times)}`
}

const causes = [
  cause(
    'The accounts, or this address, have as many sockets open as they may.',
    'Use accounts of which nothing else is open, more of them with --users, or raise the limits of the proxy.',
    /too many sockets|answered with 429|4504/,
  ),
  cause(
    'A proxy takes few connections at once (worker_connections, a limit for each address).',
    'Raise its limits, or name this machine in an exception; compare with the address of Netra itself.',
    /no socket|answered with 5|not answered in time/,
  ),
  cause(
    'The machine is too small for so many people at once, or something delays sockets.',
    'Look at its load while this runs, and at the store numbers in /api/health.',
  ),
]

const NAMES = ['five', 'twenty', 'hundred'] as const

export const crowdChecks: readonly Check[] = inGroup('crowd', [
  ...NAMES.map((name, place) => ({
    id: `crowd.${name}` as const,
    title: `${['Five', 'Twenty', 'A hundred'][place]} sockets at once are welcomed, and each hears its own run`,
    weight: 'blocking' as const,
    timeoutMs: TIMEOUT_MS,
    causes,
    run: (context: CheckContext) => judge(context, place),
  })),
  {
    id: 'crowd.no-foreign-frame',
    title: 'None of them is sent anything that is not its own',
    weight: 'blocking',
    timeoutMs: TIMEOUT_MS * 2,
    causes: [
      cause(
        "Another person's messages reach a socket: a breach of isolation.",
        'Take the server out of service, keep its data folder and log, and report it as SECURITY.md says.',
      ),
    ],
    async run(context) {
      let sockets = 0
      for (const stage of STAGES) {
        const { members } = await stage(context)
        sockets += members.length
        const foreign = members.flatMap((member) => member.foreign)
        if (foreign.length > 0) {
          throw new CheckFailure(`${foreign.length} foreign messages, the first: ${foreign[0]}`)
        }
        if (members.every(({ turnMs }) => turnMs === undefined)) {
          throw new CheckFailure(
            'no socket of a stage heard anything by which this could be judged',
          )
        }
      }
      return `none on ${sockets} sockets`
    },
  },
])
