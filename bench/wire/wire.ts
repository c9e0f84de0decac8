import { startNetra } from '../../tests/support/netra-process.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median, quantile, spread } from '../support/statistics.ts'
import { listen, type Heard } from './listener.ts'
import { answerOf, startModel } from './model.ts'

const TOKENS = Number(process.env['EVENTS'] ?? 10_000)
const TOKENS_PER_SECOND = 100
/** So many people get each answer at once, each of a run of their own. */
const PEOPLE = 3

interface Answer {
  tokens: number
  heard: Heard
  /** Bytes beside the text of a frame of deltas, for each delta. */
  overhead: number
  perSecond: number
  /** Deltas of the busiest second. */
  busiest: number
}

async function run(): Promise<Row[]> {
  using model = await startModel(TOKENS_PER_SECOND)
  await using netra = await startNetra({
    env: {
      OPENAI_API_KEY: 'bench',
      OPENAI_BASE_URL: model.url,
      NETRA_MODEL: 'openai/test-model',
    },
  })
  const ask = async (tokens: number, name: string): Promise<Answer> =>
    answerFrom(tokens, await listen(netra.url, name, `words ${tokens}`))
  const people = Array.from({ length: PEOPLE }, (_, person) => person)
  // In real time, for how pieces gather depends on the clock alone; two halves beside each whole, so
  // that both have seen the machine in the same moods.
  const [whole, halves] = await Promise.all([
    Promise.all(people.map((person) => ask(TOKENS, `whole${person}`))),
    Promise.all(
      people.map(async (person) => {
        const first = await ask(TOKENS / 2, `first${person}`)
        const second = await ask(TOKENS / 2, `second${person}`)
        return (first.heard.bytes + second.heard.bytes) / 2
      }),
    ),
  ])
  const growth = whole.map(({ heard }, person) => heard.bytes / (halves[person] ?? 0))
  const overheads = whole.map(({ overhead }) => overhead)
  const busiest = whole.map((answer) => answer.busiest)
  return [
    {
      what: `bytes of ${thousands(TOKENS)} tokens against those of half as many`,
      ours: thousands(median(whole.map(({ heard }) => heard.bytes))),
      against: thousands(median(halves)),
      ratio: median(growth),
      spread: spread(growth),
      goal: { most: 2.1 },
    },
    {
      what: 'bytes against those of the text alone',
      ours: thousands(median(whole.map(({ heard }) => heard.bytes))),
      against: thousands(median(whole.map(({ heard }) => Buffer.byteLength(heard.text)))),
      ratio: median(whole.map(({ heard }) => heard.bytes / Buffer.byteLength(heard.text))),
    },
    {
      what: 'bytes beside the text, for each delta',
      ours: median(overheads).toFixed(0),
      against: '',
      goal: { most: 250, value: quantile(overheads, 1), text: '250 bytes' },
    },
    {
      what: 'deltas a second, on average and in the busiest',
      ours: `${median(whole.map(({ perSecond }) => perSecond)).toFixed(1)}, ${quantile(busiest, 1)}`,
      against: `${TOKENS_PER_SECOND} tokens`,
      goal: { most: 60, value: quantile(busiest, 1) },
    },
  ]
}

/** @throws when what was heard is not the model's own words. */
function answerFrom(tokens: number, heard: Heard): Answer {
  if (heard.text !== answerOf(tokens).join('')) throw new Error('the answer is not what was said')
  const { deltasAt, deltaBytes, deltaTextBytes } = heard
  const deltas = deltasAt.length
  const seconds = ((deltasAt.at(-1) ?? 0) - (deltasAt[0] ?? 0)) / 1_000
  const asked = tokens / TOKENS_PER_SECOND
  if (Math.abs(seconds - asked) > Math.max(asked * 0.05, 2)) {
    throw new Error(`${tokens} tokens took ${seconds.toFixed(1)} s instead of ${asked} s`)
  }
  const answer = {
    tokens,
    heard,
    overhead: (deltaBytes - deltaTextBytes) / deltas,
    perSecond: deltas / seconds,
    busiest: busiestSecond(deltasAt),
  }
  note(
    `${thousands(tokens)} tokens: ${thousands(heard.bytes)} bytes, ${thousands(deltas)} deltas, ` +
      `${answer.overhead.toFixed(0)} bytes beside each, ${answer.busiest} in the busiest second`,
  )
  return answer
}

/** The most of them that lie within any one second. */
function busiestSecond(times: readonly number[]): number {
  let most = 0
  let from = 0
  for (const [index, at] of times.entries()) {
    while ((times[from] ?? at) <= at - 1_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}

export const wire: Bench = {
  name: 'wire',
  about: `an answer of ${thousands(TOKENS)} tokens at ${TOKENS_PER_SECOND} a second, in real time`,
  run,
}
