import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { calcPrice } from '@pydantic/genai-prices'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { only } from '../../../testing/agent-stage.ts'
import { teamStage, type TeamAnswer, type TeamStage } from '../../../testing/team-stage.ts'
import type { Attachment } from '../step.ts'
import type { Fact, Report, StoredReport } from './report.ts'

interface Row {
  time: string
  input: number
  output: number
  model?: string
}

/** Known by its seed: the same rows on every machine. */
function rowsOf(seed: number, count: number): Row[] {
  let state = seed
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  return Array.from({ length: count }, (_, at) => ({
    time: new Date(Date.UTC(2026, 2, 2, 9) + at * 60_000).toISOString().slice(0, 19),
    input: 50 + Math.floor(next() * next() * 9_000),
    output: 5 + Math.floor(next() * next() * 900),
    model: next() < 0.5 ? 'gpt-4o' : 'gpt-4o-mini',
  }))
}

const csvOf = (rows: readonly Row[], columns: readonly (keyof Row)[]): string => {
  const names = {
    time: 'timestamp',
    input: 'input_tokens',
    output: 'output_tokens',
    model: 'model',
  }
  const lines = rows.map((row) => columns.map((column) => String(row[column])).join(','))
  return `${columns.map((column) => names[column]).join(',')}\n${lines.join('\n')}\n`
}

const usd = (value: number): string =>
  value.toLocaleString('en-US', { style: 'currency', currency: 'USD' })
const commas = (value: number): string => value.toLocaleString('en-US')

/** Priced request by request, with nothing of the product’s code. */
function costOf(rows: readonly Row[], model: string): number {
  return rows.reduce((sum, { input, output }) => {
    const price = calcPrice({ input_tokens: input, output_tokens: output }, model, {
      providerId: 'openai',
    })
    return sum + (price?.total_price ?? Number.NaN)
  }, 0)
}

const sum = (rows: readonly Row[], of: 'input' | 'output'): number =>
  rows.reduce((total, row) => total + row[of], 0)

const WHERE_DOES_IT_GO = 'Where does the money go if this ran on gpt-4o, and what should we change?'

let stage: TeamStage
beforeAll(async () => {
  stage = await teamStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const factOf = (report: Report | undefined, what: string): Fact | undefined =>
  report?.facts.find((fact) => fact.what === what)

const recommendationsOf = (report: Report | undefined) =>
  (report?.sections ?? [])
    .flatMap(({ blocks }) => blocks)
    .filter((block) => block.kind === 'recommendation')

const textOfReport = (report: Report | undefined): string =>
  JSON.stringify(report?.sections.filter(({ heading }) => heading !== 'Data'))

/** Every number that text of a report says is one of its facts, but for advice. */
function expectNumbersAreFacts(report: Report): void {
  const known = new Set(report.facts.map(({ text }) => text))
  for (const { heading, blocks } of report.sections)
    for (const block of blocks) {
      if (block.kind !== 'table' || heading === 'Recommendations') continue
      if (heading.startsWith('What is missing')) continue
      for (const cell of block.rows.flat())
        if (typeof cell === 'string' && /^[$]?[\d,.]+(?: %)?$/.test(cell))
          expect(known).toContain(cell)
    }
  const ids = new Set(report.facts.map(({ id }) => id))
  for (const { blocks } of report.sections)
    for (const block of blocks) for (const id of block.facts) expect(ids).toContain(id)
}

/** What a recommendation saves, worked out anew from the numbers that its formula shows. */
function recomputed(formula: string): number | undefined {
  const numbers = formula
    .replaceAll(/\(f\d+\)/g, '')
    .replaceAll(/, (?:before rounding|the published discount)/g, '')
  const expression = numbers
    .replaceAll(/[$,]/g, '')
    .replaceAll('−', '-')
    .replaceAll('×', '*')
    .replaceAll('÷', '/')
    .replaceAll(/([\d.]+) %/g, '($1/100)')
  if (!/^[\d\s().+*/-]+$/.test(expression)) return undefined
  // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- digits and operators alone
  return new Function(`return ${expression}`)() as number
}

function expectSavingsRecompute(report: Report | undefined): void {
  for (const each of recommendationsOf(report)) {
    const value = recomputed(each.formula)
    if (value === undefined) continue
    // Shown to the cent: each of the numbers may be off by half of one.
    expect(Math.abs(value - (each.saving_usd ?? 0))).toBeLessThan(0.02 + value * 1e-4)
  }
}

const ROWS = rowsOf(7, 600)
let answer: TeamAnswer
let usage: Attachment

beforeAll(async () => {
  usage = await stage.attach('usage.csv', csvOf(ROWS, ['time', 'input', 'output']))
  answer = await stage.ask(WHERE_DOES_IT_GO, [usage])
})

describe('generated rows on gpt-4o', () => {
  test('the team hands on from triage to reporting, one after the other', () => {
    expect(answer.error).toBeUndefined()
    expect(only(answer.steps, 'handoff').map(({ from, to }) => [from, to])).toEqual([
      ['supervisor', 'triage'],
      ['triage', 'data'],
      ['data', 'optimization'],
      ['optimization', 'actions'],
      ['actions', 'reporting'],
    ])
    expect(answer.steps.at(-1)).toMatchObject({ kind: 'done', model: 'netra/builtin' })
  })

  test('its tables are tables, in the answer and in the Markdown', () => {
    const table =
      /\| What \| Tokens \| Cost \| Share of cost \|\n\| --- \| --- \| --- \| --- \|\n\| input tokens \|/
    expect(answer.text).toMatch(table)
    expect(answer.markdown).toMatch(table)
  })

  test('its totals are those of the rows', () => {
    const total = usd(costOf(ROWS, 'gpt-4o'))
    expect(factOf(answer.report, 'cost of the whole workload')?.text).toBe(total)
    for (const shown of [
      total,
      commas(ROWS.length),
      commas(sum(ROWS, 'input')),
      commas(sum(ROWS, 'output')),
    ]) {
      expect(answer.text).toContain(shown)
      expect(answer.markdown).toContain(shown)
    }
  })

  test('there are at least three recommendations, and each saving follows from the numbers shown', () => {
    const recommendations = recommendationsOf(answer.report)
    expect(recommendations.length).toBeGreaterThanOrEqual(3)
    expectSavingsRecompute(answer.report)
    for (const each of recommendations) {
      expect(each.assumptions.length).toBeGreaterThan(0)
      expect(each.latency).not.toBe('')
      expect(each.confidence).toBeGreaterThan(0)
      expect(answer.markdown).toContain(each.confidence_formula)
    }
    const substitute = recommendations.find(({ id }) => id.startsWith('substitute:openai/'))
    const model = substitute?.id.split('/').at(-1) ?? ''
    expect(substitute?.saving_usd).toBeCloseTo(costOf(ROWS, 'gpt-4o') - costOf(ROWS, model), 6)
  })

  test('every number in it names its tool call', () => {
    if (!answer.report) throw new Error('no report')
    expectNumbersAreFacts(answer.report)
    const calls = new Set(only(answer.steps, 'tool_started').map(({ call }) => call.callId))
    for (const fact of answer.report.facts) {
      expect(calls).toContain(fact.tool_call_id)
      expect(fact.formula).not.toBe('')
    }
  })

  test('the plan has steps in order, each with effort, approval and a way back', () => {
    const steps = (answer.report?.sections ?? [])
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.kind === 'steps' ? block.steps : []))
    expect(steps.length).toBeGreaterThan(3)
    for (const [at, step] of steps.entries()) {
      const before = new Set(steps.slice(0, at).map(({ id }) => id))
      for (const id of step.after) expect(before).toContain(id)
      for (const text of [step.effort, step.approver, step.roll_back, step.check])
        expect(text).not.toBe('')
    }
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length)
  })

  test('another model in the same thread keeps the question', async () => {
    const next = await stage.ask('and on gpt-4o-mini?', [usage], { history: answer.asHistory })
    expect(next.triage).toMatchObject({ base_model: 'gpt-4o-mini', topics: answer.triage.topics })
    expect(next.text).toContain(usd(costOf(ROWS, 'gpt-4o-mini')))
    expect(next.text).not.toContain(usd(costOf(ROWS, 'gpt-4o')))
  })

  test('the first sentence says the period, and which part of tokens and cost is output', () => {
    const tokens = sum(ROWS, 'input') + sum(ROWS, 'output')
    const share = `${((100 * sum(ROWS, 'output')) / tokens).toFixed(1)} % of the tokens`
    const [first = ''] = answer.text.split('They would cost')
    expect(first).toContain('in 10 hours (2026-03-02 09:00 to 18:59 UTC)')
    expect(first).toContain(share)
    expect(first).toMatch(/output tokens \([\d.]+ % of the tokens, [\d.]+ % of the cost\)/)
    expect(answer.text).toMatch(/\$[\d,.]+ an hour, or \$[\d,.]+ a day/)
  })

  test('a question without a model keeps that of the conversation', async () => {
    const next = await stage.ask('3x usage next month', [usage], { history: answer.asHistory })
    expect(next.triage).toMatchObject({ base_model: 'gpt-4o', sufficiency: 'sufficient' })
    expect(next.text).toContain(usd(3 * costOf(ROWS, 'gpt-4o')))
  })

  test('a target is restated, with what reaches it and by how much', async () => {
    const { text } = await stage.ask('We must spend 20 % less on gpt-4o. How?', [usage])
    const needed = usd(0.2 * costOf(ROWS, 'gpt-4o'))
    expect(text).toContain(`The target of 20 % less (${needed}) is reached by each of these alone:`)
  })

  test('“adopt this plan” waits for a yes to exactly its steps, then records it', async () => {
    const asked = { history: answer.asHistory, runId: 'adopting' }
    const waiting = await stage.ask('adopt this plan', [usage], asked)
    const [waits] = only(waiting.steps, 'waits')
    expect(waits?.call.toolName).toBe('adopt_plan')
    expect(waits?.boundTo?.startsWith('!')).toBe(true)
    expect(stage.adopted).toEqual([])
    const decisions = new Map([
      [waits?.call.callId ?? '', { approved: true, boundTo: waits?.boundTo }],
    ])
    const done = await stage.ask('adopt this plan', [usage], { ...asked, decisions })
    expect(done.text).toContain('The plan is adopted')
    const [plan] = stage.adopted
    expect(plan?.steps).toEqual(waits?.call.arguments['steps'])
  })

  test('who is asked to adopt a plan reads which one, how many steps, what it saves and for which time', async () => {
    const { steps } = await stage.ask('adopt this plan', [usage], { history: answer.asHistory })
    const [waits] = only(steps, 'waits')
    const given = waits?.call.arguments as { steps: { recommendation: string }[]; title: string }
    const planned = recommendationsOf(answer.report).filter(({ id }) =>
      given.steps.some(({ recommendation }) => recommendation === id),
    )
    const largest = planned.reduce((a, b) => ((b.saving_usd ?? 0) > (a.saving_usd ?? 0) ? b : a))
    expect(given).toMatchObject({
      title: answer.report?.title,
      report_id: (answer.results.get('build_report') as StoredReport).file_id,
      period: '2026-03-02 09:00 to 18:59 UTC',
    })
    expect(waits?.change?.summary).toBe(
      `Records the plan “${answer.report?.title}” with ${given.steps.length} steps as adopted. The largest of its ${planned.length} changes alone saves ${largest.saving_text} (${(100 * (largest.saving_share ?? 0)).toFixed(1)} % of the cost) for the period of the data, 2026-03-02 09:00 to 18:59 UTC. Savings overlap and must not be added up. Nothing is put into effect by this.`,
    )
    const each = Object(waits?.change?.after)['saving of each change alone'] as string[]
    expect(each.toSorted()).toEqual(
      planned
        .map(({ id, title, saving_text: saving, saving_share: share }) => {
          const own = given.steps.filter(({ recommendation }) => recommendation === id).length
          return `${title}: ${saving} (${(100 * (share ?? 0)).toFixed(1)} % of the cost), ${own} steps`
        })
        .toSorted(),
    )
  })
})

describe('the report is no template', () => {
  const ask = async (name: string, csv: string, question = WHERE_DOES_IT_GO) =>
    stage.ask(question, [await stage.attach(name, csv)])

  test('half of the rows: each figure is that of the half', async () => {
    const half = ROWS.filter((_row, at) => at % 2 === 0)
    const { report, text } = await ask('half.csv', csvOf(half, ['time', 'input', 'output']))
    expect(factOf(report, 'cost of the whole workload')?.text).toBe(usd(costOf(half, 'gpt-4o')))
    expect(text).toContain(commas(sum(half, 'output')))
    for (const each of recommendationsOf(report)) {
      const same = recommendationsOf(answer.report).find(({ id }) => id === each.id)
      expect(same?.saving_usd).not.toBe(each.saving_usd)
    }
    expectSavingsRecompute(report)
  })

  test('twice the tokens: twice the cost', async () => {
    const doubled = ROWS.map((row) => ({ ...row, input: row.input * 2, output: row.output * 2 }))
    const { report } = await ask('doubled.csv', csvOf(doubled, ['time', 'input', 'output']))
    const fact = factOf(report, 'cost of the whole workload')
    expect(fact?.value).toBeCloseTo(2 * costOf(ROWS, 'gpt-4o'), 6)
    expectSavingsRecompute(report)
  })

  test('without times, what is said along time is withdrawn', async () => {
    const { report, triage } = await ask('timeless.csv', csvOf(ROWS, ['input', 'output']))
    expect(triage.sufficiency).toBe('sufficient')
    const said = textOfReport(report)
    expect(report?.sections.map(({ heading }) => heading)).not.toContain('Anomalies and trend')
    expect(said).not.toContain('"kind":"chart"')
    expect(said).toMatch(/cost over time[^"]*not measurable from these data/i)
    expect(factOf(report, 'cost of the whole workload')?.text).toBe(usd(costOf(ROWS, 'gpt-4o')))
  })

  test('without output tokens the answer is partial, and says what it lacks', async () => {
    const { report, triage, steps } = await ask('inputs.csv', csvOf(ROWS, ['time', 'input']))
    expect(triage.sufficiency).toBe('partial')
    expect(only(steps, 'handoff').map(({ to }) => to)).toEqual([
      'triage',
      'data_helper',
      'data',
      'reporting',
    ])
    const said = textOfReport(report)
    expect(said).toMatch(/output[^"]*not measurable from these data/i)
    expect(said).toContain('Azure OpenAI: GeneratedTokens')
    expect(recommendationsOf(report)).toEqual([])
    expect(said).not.toContain(usd(costOf(ROWS, 'gpt-4o')))
  })

  test('without a model, and none named, there are no dollars', async () => {
    const question = 'Where does the money go, and what should we change?'
    const priced = await ask(
      'models.csv',
      csvOf(ROWS, ['time', 'input', 'output', 'model']),
      question,
    )
    const own = ['gpt-4o', 'gpt-4o-mini'].reduce(
      (total, model) =>
        total +
        costOf(
          ROWS.filter((row) => row.model === model),
          model,
        ),
      0,
    )
    expect(factOf(priced.report, 'cost of the whole workload')?.text).toBe(usd(own))
    const { report, triage } = await ask(
      'unnamed.csv',
      csvOf(ROWS, ['time', 'input', 'output']),
      question,
    )
    expect(triage.sufficiency).toBe('partial')
    expect(report?.facts.filter(({ text }) => text.startsWith('$'))).toEqual([])
    expect(textOfReport(report)).not.toMatch(/\$\d/)
    expect(textOfReport(report)).toContain('name a model, for example “on gpt-4o”')
    expect(factOf(report, 'input tokens')?.text).toBe(commas(sum(ROWS, 'input')))
  })

  test('a table in which nothing is usage is named, with its columns', async () => {
    const { text } = await ask('pets.csv', 'name,colour\nRex,brown\nTom,grey\n')
    expect(text).toContain('no attached file holds usage')
    expect(text).toMatch(/pets\.csv .*name, colour/)
  })

  test('what the data cannot answer at all is not computed but asked for', async () => {
    const { steps, report, text } = await ask(
      'plain.csv',
      csvOf(ROWS, ['time', 'input', 'output']),
      'How often do we send the same prompt?',
    )
    expect(only(steps, 'handoff').map(({ to }) => to)).toEqual([
      'triage',
      'data_helper',
      'reporting',
    ])
    expect(text).toMatch(/cannot answer/)
    expect(JSON.stringify(report)).toContain('prompt_hash')
    expect(report?.facts.every(({ tool }) => tool === 'triage_question')).toBe(true)
  })
})

const REAL = [
  process.env['NETRA_REAL_DATA'],
  fileURLToPath(new URL('../../../../../../shared/data', import.meta.url)),
]

async function realFile(...path: string[]): Promise<string | undefined> {
  for (const folder of REAL) {
    if (!folder) continue
    const text = await readFile(join(folder, ...path), 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  process.stderr.write(
    `${path.join('/')} is not here: set NETRA_REAL_DATA to the folder that holds it\n`,
  )
  return undefined
}

const azure = await Promise.all(
  ['code.csv', 'conv.csv'].map((name) => realFile('azure-llm-2023', name)),
)
const mooncake = await realFile('mooncake-2024', 'conversation.jsonl')

test.runIf(azure.every((text) => text !== undefined))(
  'both Azure traces: the totals are those of an independent computation',
  async () => {
    const rows = azure.flatMap((text) =>
      (text ?? '')
        .split(/\r?\n/)
        .slice(1)
        .filter((line) => line !== '')
        .map((line): Row => {
          const [time = '', input = '', output = ''] = line.split(',')
          return { time, input: Number(input), output: Number(output) }
        }),
    )
    const files = [
      await stage.attach('code.csv', azure[0] ?? ''),
      await stage.attach('conv.csv', azure[1] ?? ''),
    ]
    const { text, report } = await stage.ask(WHERE_DOES_IT_GO, files)
    for (const shown of [
      usd(costOf(rows, 'gpt-4o')),
      commas(rows.length),
      commas(sum(rows, 'input')),
      commas(sum(rows, 'output')),
    ])
      expect(text).toContain(shown)
    expect(recommendationsOf(report).length).toBeGreaterThanOrEqual(3)
    expectSavingsRecompute(report)
    if (report) expectNumbersAreFacts(report)
  },
)

test.runIf(mooncake !== undefined)(
  'Mooncake: the share that prefix caching would save is that of an independent count',
  async () => {
    const rows = (mooncake ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { input_length: number; hash_ids: number[] })
    const seen = new Set<number>()
    let reusable = 0
    let input = 0
    for (const { input_length: length, hash_ids: ids } of rows) {
      const fresh = ids.findIndex((id) => !seen.has(id))
      const shared = fresh < 0 ? ids.length : fresh
      reusable += Math.min(length, shared * 512)
      input += length
      for (const id of ids) seen.add(id)
    }
    const file = await stage.attach('conversation.jsonl', mooncake ?? '')
    const { text } = await stage.ask(
      'What share of input tokens would prefix caching save on gpt-4o?',
      [file],
    )
    expect(text).toContain(commas(reusable))
    expect(text).toContain(`${((reusable / input) * 100).toFixed(1)} %`)
  },
)
