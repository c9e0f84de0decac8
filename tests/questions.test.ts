import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startNetra, type NetraProcess } from './support/netra-process.ts'
import { openProgram, type Program } from './support/sdk.ts'
import {
  generatedWorkload,
  percentile,
  perMinute,
  priceOf,
  realWorkload,
  sum,
  withCommas,
  type Workload,
} from './support/workload.ts'

let netra: NetraProcess
let program: Program

beforeAll(async () => {
  netra = await startNetra()
  program = await openProgram(netra.url)
})

afterAll(async () => {
  program[Symbol.dispose]()
  await netra[Symbol.asyncDispose]()
})

const real = await realWorkload()
const workloads: [string, Workload][] = [
  ['a generated workload', generatedWorkload(7, 5_000)],
  ...(real ? [['the real conversation trace', real] as [string, Workload]] : []),
]

describe.each(workloads)('%s, no key, through the SDK', (_name, workload) => {
  const inputs = workload.rows.map((row) => row.input)
  const outputs = workload.rows.map((row) => row.output)
  let file: string
  let threadId: string | undefined

  const ask = async (question: string) => {
    file ??= await program.upload('conv.csv', workload.csv)
    const answered = await program.ask(question, threadId ? { threadId } : { files: [file] })
    threadId = answered.threadId
    expect(answered.run.outcome?.kind).toBe('completed')
    expect(answered.run.model).toBe('netra/builtin')
    expect(answered.results.length).toBeGreaterThan(0)
    return answered
  }

  test('how many requests, input and output tokens', async () => {
    const { text } = await ask('How many requests, and how many input and output tokens in total?')
    for (const number of [workload.rows.length, sum(inputs), sum(outputs)])
      expect(text).toContain(withCommas(number))
  })

  test('what it would cost on two models, to the cent', async () => {
    const { text, results } = await ask(
      'What would this workload cost on gpt-4o, and on gpt-4o-mini?',
    )
    for (const model of ['gpt-4o', 'gpt-4o-mini']) expect(text).toContain(priceOf(workload, model))
    expect(results.at(-1)?.tool).toBe('price_workload')
  })

  test('requests per minute as a chart', async () => {
    const { results } = await ask('Requests per minute as a chart')
    const chart = results.find(({ tool }) => tool === 'chart_table')?.result as {
      chart: { kind: string }
      rows: [string, number][]
    }
    expect(chart.chart.kind).toBe('line')
    const drawn = new Map(chart.rows.map(([minute, count]) => [minute.slice(0, 16), count]))
    expect(drawn).toEqual(perMinute(workload))
  })

  test('95th percentile of GeneratedTokens', async () => {
    const { text } = await ask('95th percentile of GeneratedTokens')
    expect(text).toContain(withCommas(percentile(outputs, 0.95)))
  })

  test('what it does not understand it says, without a number of its own', async () => {
    const { text } = await program.ask('Who will win the election?', threadId ? { threadId } : {})
    expect(text).toContain('/settings/models')
    expect(text).not.toMatch(/\d{2,}/)
  })
})

test('without a file it says what to do', async () => {
  const { text } = await program.ask('How many requests per model?')
  expect(text).toMatch(/attach|sample/i)
})

test("somebody else's file cannot be asked about", async () => {
  using other = await openProgram(netra.url)
  const file = await program.upload('mine.csv', 'a,b\n1,2\n')
  await expect(other.ask('How many rows?', { files: [file] })).rejects.toThrow(/no such file/)
})

test('the sample workload is there, is large enough, and says that it is synthetic', async () => {
  const sample = await program.api.useSample()
  expect(sample.name).toContain('synthetic')
  const { text } = await program.ask('How many rows are there?', { files: [sample.file_id] })
  const rows = Number(/\*\*([\d,]+)\*\*/.exec(text)?.[1]?.replaceAll(',', ''))
  expect(rows).toBeGreaterThanOrEqual(20_000)
})

test('ready soon after the start, first true answer soon after that', async () => {
  await using fresh = await startNetra()
  const begun = performance.now()
  using someone = await openProgram(fresh.url)
  const sample = await someone.api.useSample()
  await someone.ask('How many requests?', { files: [sample.file_id] })
  const answeredMs = performance.now() - begun
  process.stderr.write(
    `ready after ${Math.round(fresh.readyMs)} ms, first answer ${Math.round(answeredMs)} ms later\n`,
  )
  // Far above what is measured, so that a busy machine fails nothing; the figures are in bench/.
  expect(fresh.readyMs).toBeLessThan(10_000)
  expect(answeredMs).toBeLessThan(20_000)
})
