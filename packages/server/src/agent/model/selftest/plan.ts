/** How a model call can go wrong, as `!fail` names it. */
export const FAILURES = [
  'auth',
  'rate_limited',
  'unavailable',
  'refused',
  'filtered',
  'stalled',
  'internal',
  'tool',
  'budget',
] as const
export type FailureName = (typeof FAILURES)[number]

/** What one message asks the selftest agent to do. */
export interface Plan {
  /** What the tool is given: the lines that are no command. */
  text: string
  useTool: boolean
  toolFails: boolean
  toolTakesMs: number
  /** Silence before the answer begins. */
  waitMs: number
  parts: { count: number; everyMs: number; characters: number }
  ending: 'whole' | 'cut' | 'truncated'
  failure: FailureName | undefined
}

/** Bounds of everything that a message can ask for. */
export const MOST = {
  waitMs: 20_000,
  parts: 2_000,
  everyMs: 10_000,
  characters: 100_000,
  answerCharacters: 150_000,
  streamMs: 100_000,
}

/** Longer streams have a pause between their parts: they share one process with everybody's runs. */
const AT_ONCE = 200
const LEAST_EVERY_MS = 5

/** `!forever`: until somebody stops it, or for a minute. */
const FOREVER = { count: 600, everyMs: 100, characters: 0 }

export class PlanProblem extends Error {
  override readonly name = 'PlanProblem'
}

type Read = (plan: Plan, words: readonly string[]) => void

const COMMANDS = new Map<string, { usage: string; read: Read }>([
  ['no-tool', { usage: '!no-tool', read: (plan) => void (plan.useTool = false) }],
  ['tool-fails', { usage: '!tool-fails', read: (plan) => void (plan.toolFails = true) }],
  [
    'tool-takes',
    {
      usage: `!tool-takes <ms, up to ${MOST.waitMs}>`,
      read: (plan, [ms]) => void (plan.toolTakesMs = whole(ms, 0, MOST.waitMs)),
    },
  ],
  [
    'wait',
    {
      usage: `!wait <ms, up to ${MOST.waitMs}>`,
      read: (plan, [ms]) => void (plan.waitMs = whole(ms, 0, MOST.waitMs)),
    },
  ],
  [
    'stream',
    {
      usage: `!stream <parts, 1 to ${MOST.parts}> <ms between them, up to ${MOST.everyMs}> [<characters of each, up to ${MOST.characters}>], at most ${MOST.streamMs / 1000} s and ${MOST.answerCharacters} characters in all; more than ${AT_ONCE} parts are at least ${LEAST_EVERY_MS} ms apart`,
      read(plan, [parts, every, characters = '0']) {
        const count = whole(parts, 1, MOST.parts)
        const wished = whole(every, 0, MOST.everyMs)
        const everyMs = count > AT_ONCE ? Math.max(wished, LEAST_EVERY_MS) : wished
        const size = whole(characters, 0, MOST.characters)
        const isTooMuch = count * everyMs > MOST.streamMs || count * size > MOST.answerCharacters
        if (isTooMuch) throw new RangeError()
        plan.parts = { count, everyMs, characters: size }
      },
    },
  ],
  ['forever', { usage: '!forever', read: (plan) => void (plan.parts = FOREVER) }],
  ['cut', { usage: '!cut', read: (plan) => void (plan.ending = 'cut') }],
  ['truncated', { usage: '!truncated', read: (plan) => void (plan.ending = 'truncated') }],
  [
    'fail',
    {
      usage: `!fail <${FAILURES.join(' | ')}>`,
      read(plan, [name]) {
        plan.failure = FAILURES.find((known) => known === name)
        if (!plan.failure) throw new RangeError()
      },
    },
  ],
])

/**
 * Reads a message: each line that begins with `!` is a command, the others are the text.
 *
 * @throws PlanProblem when a line is no command or asks for too much; it says how it is written.
 */
export function planOf(message: string): Plan {
  const plan: Plan = {
    text: '',
    useTool: true,
    toolFails: false,
    toolTakesMs: 0,
    waitMs: 0,
    parts: { count: 0, everyMs: 0, characters: 0 },
    ending: 'whole',
    failure: undefined,
  }
  const text: string[] = []
  for (const line of message.split('\n')) {
    if (!line.trimStart().startsWith('!')) {
      text.push(line)
      continue
    }
    const [name = '', ...words] = line.trim().slice(1).split(/\s+/)
    const command = COMMANDS.get(name.toLowerCase())
    if (!command) throw new PlanProblem(`there is no command !${name}. There are: ${usages()}`)
    try {
      command.read(plan, words)
    } catch (error) {
      if (error instanceof RangeError) throw new PlanProblem(`write ${command.usage}`)
      throw error
    }
  }
  return { ...plan, text: text.join('\n').trim() }
}

const usages = (): string => [...COMMANDS.keys()].map((name) => `!${name}`).join(', ')

/** @throws RangeError unless it is a whole number of that range. */
function whole(word: string | undefined, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(word ?? '') ? Number(word) : Number.NaN
  if (!(value >= least && value <= most)) throw new RangeError()
  return value
}

/** The text of the n-th part, from 1: it says its place, filled up to its size. */
export function partText(place: number, { count, characters }: Plan['parts']): string {
  const head = `\n[${place}/${count}] `
  return head + '.'.repeat(Math.max(0, characters - head.length))
}
