import type { Random } from '../faults/random.ts'
import { FAULTS, type Maker } from './fault-steps.ts'
import { sayWords } from './slow-talker.ts'
import type { Question, Step } from './step.ts'

export type TransportKind = 'socket' | 'events' | 'poll'

export interface Plan {
  /** Counted from 1. */
  number: number
  name: string
  devices: { person: number; transport: TransportKind }[]
  steps: Step[]
}

/** What can be tried on the server at hand. */
export interface Possible {
  people: number
  /** It is our own: it may be killed and stopped. */
  mayKill: boolean
  /** Each device has a login session that may be ended. */
  mayRevoke: boolean
  /** A model that speaks slowly is connected. */
  slowTalker: string | undefined
  transports: readonly [TransportKind, ...TransportKind[]]
}

const LASTS_MS = 2_600
/** Of the schedules, so many kill or stop the server. */
const HARD_SHARE = 0.4

const NEEDS_OWN_SERVER = new Set(['kill', 'stop'])

export const namesOf = (possible: Possible): string[] =>
  Object.keys(FAULTS).filter(
    (name) =>
      (possible.mayKill || !NEEDS_OWN_SERVER.has(name)) &&
      (possible.mayRevoke || name !== 'ended session'),
  )

/**
 * The schedules of a seed: people, devices, messages and faults, each at its moment. Each has one
 * fault that comes often and others that come along; those that kill the server come last, so that a
 * slow reader has the time it takes to be closed. The same seed makes the same list.
 */
export function planAll(random: Random, count: number, possible: Possible): Plan[] {
  const hard = possible.mayKill ? Math.round(count * HARD_SHARE) : 0
  const names = namesOf(possible)
  const chosen = [
    ...take(
      random,
      names.filter((name) => !isHard(name)),
      count - hard,
    ),
    ...take(random, names.filter(isHard), hard),
  ]
  return chosen.map((name, index) =>
    planOne({ random: random.fork(), name, number: index + 1, possible }),
  )
}

/** So many names, each as often as the others. */
function take(random: Random, names: readonly string[], count: number): string[] {
  const taken: string[] = []
  while (taken.length < count) taken.push(...random.shuffled(names))
  return taken.slice(0, count)
}

const isHard = (name: string): boolean => NEEDS_OWN_SERVER.has(name)

export const disturbsProcess = ({ steps }: Plan): boolean =>
  steps.some(({ does }) => does === 'kill' || does === 'pause')

function planOne(options: {
  random: Random
  name: string
  number: number
  possible: Possible
}): Plan {
  const { random, name, number, possible } = options
  const { people } = possible
  const devices = Array.from(
    { length: random.between(people + 1, people * 2 + 2) },
    (_, index) => ({
      person: index % people,
      transport: index < people ? ('socket' as const) : random.pick(possible.transports),
    }),
  )
  const anyDevice = (): number => random.between(0, devices.length - 1)
  const main = FAULTS[name]
  const others = namesOf(possible).filter((other) => !isHard(other))
  const steps: Step[] = []
  const add = (make: Maker | undefined): void => {
    if (make) steps.push({ atMs: random.between(0, LASTS_MS), ...make(random, anyDevice) })
  }
  for (let left = random.between(5, 9); left > 0; left -= 1) add(sends(possible))
  for (let left = random.between(0, 3); left > 0; left -= 1) {
    add((_random, device) => ({ does: 'cancel', device: device() }))
  }
  for (let left = isHard(name) ? random.between(1, 2) : random.between(3, 7); left > 0; left -= 1) {
    add(main)
  }
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    add(FAULTS[random.pick(others as [string, ...string[]])])
  }
  return { number, name, devices, steps: steps.toSorted((a, b) => a.atMs - b.atMs) }
}

/** Sends one of its questions, now and then twice, elsewhere too, or with a stop behind it. */
export const sends =
  (possible: Possible): Maker =>
  (random, device) => ({
    does: 'send',
    device: device(),
    question: question(random, possible),
    thread: random.pick(['new', 'last']),
    also: random.pick([
      'nothing',
      'nothing',
      'nothing',
      'again',
      'elsewhere',
      'other_words',
      'cancel',
    ]),
  })

function question(random: Random, { slowTalker }: Possible): Question {
  if (slowTalker !== undefined && random.chance(0.4)) {
    const words = random.pick([3, 60, 200, 700])
    const apartMs = words > 300 ? random.between(0, 3) : random.between(0, 12)
    return { text: sayWords(words, apartMs), agent: 'assistant', model: slowTalker }
  }
  const builtin = { agent: 'data', model: 'netra/builtin' }
  return random.pick<Question>([
    { ...builtin, text: `What is ${random.between(2, 99)} * ${random.between(2, 99)}?` },
    { ...builtin, text: 'What is 2 to the power of 10, minus 24?' },
    { ...builtin, text: 'What can you do?' },
    { ...builtin, text: 'Hello' },
    { ...builtin, text: 'Total amount per name', aboutFile: true },
    { ...builtin, text: 'How many rows per city?', aboutFile: true },
  ])
}

/**
 * One device that reads and never acknowledges, for as long as it takes to be closed with 4004. The
 * answer is longer than its window, and longer than what is replayed.
 */
export const slowReaderPlan = ({ slowTalker }: Possible, person: number): Plan => ({
  number: 0,
  name: 'slow reader',
  devices: [
    { person, transport: 'socket' },
    { person, transport: 'socket' },
  ],
  steps: [
    { atMs: 0, does: 'slow', device: 1 },
    {
      atMs: 200,
      does: 'send',
      device: 0,
      question:
        slowTalker === undefined
          ? { text: 'What can you do?', agent: 'data', model: 'netra/builtin' }
          : { text: sayWords(1_000, 16), agent: 'assistant', model: slowTalker },
      thread: 'new',
      also: 'nothing',
    },
  ],
})
