/**
 * Makes Netra's sample: a synthetic week of requests to language models. It is made up, seeded, and
 * the same on every machine: `node make-workload.ts > synthetic-llm-workload.csv`.
 */
import { fileURLToPath } from 'node:url'

export interface WorkloadOptions {
  seed: number
  rows: number
  /** Days from `start`. */
  days: number
  /** `YYYY-MM-DD`, in UTC. */
  start: string
}

export const SAMPLE_OPTIONS: WorkloadOptions = {
  seed: 20_260_302,
  rows: 24_000,
  days: 7,
  start: '2026-03-02',
}

export const HEADER = 'time,model,user,input_tokens,output_tokens,latency_ms,prompt_hash'

const MODELS = [
  { name: 'gpt-4o-mini', share: 0.42, input: 620, output: 150, firstTokenMs: 240, perTokenMs: 8 },
  { name: 'gpt-4o', share: 0.24, input: 1_150, output: 260, firstTokenMs: 380, perTokenMs: 13 },
  {
    name: 'claude-sonnet-4-5',
    share: 0.16,
    input: 2_400,
    output: 420,
    firstTokenMs: 620,
    perTokenMs: 17,
  },
  {
    name: 'gemini-2.5-flash',
    share: 0.12,
    input: 900,
    output: 210,
    firstTokenMs: 310,
    perTokenMs: 6,
  },
  { name: 'gpt-4.1', share: 0.06, input: 3_100, output: 540, firstTokenMs: 540, perTokenMs: 15 },
] as const

const USERS = 180
/** Prompts that are sent again and again, such as health checks and templates. */
const REPEATED_PROMPTS = 400
const REPEATED_SHARE = 0.22
/** Requests of each hour of a working day, relative to each other. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 9, 18, 26, 29, 27, 20, 24, 29, 30, 27, 21, 14, 10, 9, 7, 5, 3]
const WEEKEND = 0.35
const DAY_MS = 86_400_000

type Random = () => number

/** Mulberry32: 32-bit state, whole-number steps only, so the same everywhere. */
function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** About a normal distribution of mean 0 and deviation 1: the sum of twelve uniform numbers. */
function normal(random: Random): number {
  let sum = -6
  for (let draws = 0; draws < 12; draws += 1) sum += random()
  return sum
}

/** Token counts lie around a middle with a long tail upwards. */
const spread = (middle: number, width: number, random: Random): number =>
  Math.max(1, Math.round(middle * Math.exp(width * normal(random))))

function pick(weights: readonly number[], random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = random() * total
  const index = weights.findIndex((weight) => (left -= weight) < 0)
  return index < 0 ? weights.length - 1 : index
}

/** Sorted moments that follow the hours of a working week. */
function momentsOf({ rows, days, start }: WorkloadOptions, random: Random): number[] {
  const first = Date.parse(`${start}T00:00:00Z`)
  const weights = Array.from({ length: days * 24 }, (_, hour) => {
    const weekday = new Date(first + Math.floor(hour / 24) * DAY_MS).getUTCDay()
    return (HOURS[hour % 24] ?? 1) * (weekday === 0 || weekday === 6 ? WEEKEND : 1)
  })
  const moments = Array.from(
    { length: rows },
    () => first + Math.floor((pick(weights, random) + random()) * 3_600_000),
  )
  return moments.toSorted((a, b) => a - b)
}

const hashOf = (number: number): string => {
  const random = seeded(number)
  const half = (): string =>
    Math.floor(random() * 0x1000000)
      .toString(16)
      .padStart(6, '0')
  return half() + half()
}

interface Prompt {
  hash: string
  inputTokens: number
}

/** The lines of a workload, the header first, without line ends. */
function* workloadLines(options: WorkloadOptions): Generator<string> {
  const random = seeded(options.seed)
  const shares = MODELS.map((model) => model.share)
  // Few users send much and most send little.
  const activity = Array.from({ length: USERS }, (_, rank) => 1 / (rank + 3))
  const repeated: Prompt[] = Array.from({ length: REPEATED_PROMPTS }, (_, index) => ({
    hash: hashOf(options.seed + index),
    inputTokens: spread(700, 0.6, random),
  }))
  const favourites = repeated.map((_, rank) => 1 / (rank + 2))
  yield HEADER
  let row = 0
  for (const moment of momentsOf(options, random)) {
    row += 1
    const model = MODELS[pick(shares, random)] ?? MODELS[0]
    const user = `user-${String(pick(activity, random) + 1).padStart(3, '0')}`
    const again = random() < REPEATED_SHARE ? repeated[pick(favourites, random)] : undefined
    const prompt = again ?? {
      hash: hashOf(options.seed * 31 + row),
      inputTokens: spread(model.input, 0.9, random),
    }
    const input = Math.min(prompt.inputTokens, 120_000)
    const output = Math.min(spread(model.output, 0.8, random), 8_000)
    const latency = Math.round(
      spread(model.firstTokenMs, 0.25, random) + output * model.perTokenMs + input * 0.05,
    )
    const time = new Date(moment).toISOString().replace('T', ' ').replace('Z', '')
    yield [time, model.name, user, input, output, latency, prompt.hash].join(',')
  }
}

/** The whole CSV. */
export const workloadCsv = (options: WorkloadOptions): string =>
  `${[...workloadLines(options)].join('\n')}\n`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(workloadCsv(SAMPLE_OPTIONS))
}
