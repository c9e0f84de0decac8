import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { shapedPhrasingsFor, shapedRefusedFor } from '../../../../testing/phrasings-shaped.ts'
import { phrasingsFor, refusedFor, type Expected } from '../../../../testing/phrasings.ts'
import { randomTable, seeded } from '../../../../testing/random-table.ts'
import { tableStage, type Asked, type TableStage } from '../../../../testing/table-stage.ts'

const SEEDS = [11, 12, 13, 14, 15, 16, 17, 18, 19]
const AT_ONCE = 4

let stage: TableStage
beforeAll(async () => {
  stage = await tableStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const number = (text: string): number => Number(text.replaceAll(',', ''))

/** Numbers a person reads as results: bold ones, without names in code. */
const boldNumbers = (text: string): number[] =>
  [...text.matchAll(/\*\*(-?[\d,.]+)\*\*/g)].map((match) => number(match[1] ?? ''))

const tableRows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.replaceAll('\\', '')),
    )

/** As exact as it is shown: whole numbers entirely, decimals to half of their last digit. */
function isClose(shown: number, expected: number): boolean {
  if (Number.isInteger(expected) && Number.isInteger(shown)) return shown === expected
  const size = Math.abs(expected)
  const step = size >= 1 ? 0.005 : size * 0.0005
  return Math.abs(shown - expected) <= step + size * 1e-9
}

/** Nothing is expected where there is no value to compute from. */
function faultOfNumbers(shown: readonly number[], figures: readonly number[]): string | undefined {
  const expected = figures.filter((figure) => !Number.isNaN(figure))
  const fits =
    shown.length === expected.length &&
    shown.every((one, place) => isClose(one, expected[place] ?? Number.NaN))
  return fits ? undefined : `shows ${shown.join(' ')}, expected ${expected.join(' ')}`
}

/** What is wrong with an answer; undefined when every number in it is right. */
function faultOf({ text }: Asked, expected: Expected): string | undefined {
  if (expected.kind === 'figures') return faultOfNumbers(boldNumbers(text), expected.values)
  if (expected.kind === 'chart') {
    const points = number(/: ([\d,]+) points?/.exec(text)?.[1] ?? 'none')
    const { highest, lowest } = expected
    return faultOfNumbers([points, ...boldNumbers(text)], [expected.points, highest, lowest])
  }
  const rows = tableRows(text)
  if (rows.length === 0) return faultOfWinner(text, expected)
  const hidden = number(/…and ([\d,]+) other/.exec(text)?.[1] ?? '0')
  if (rows.length + hidden !== expected.groups.length) return `has ${rows.length + hidden} groups`
  return rows.map((row) => faultOfRow(row, expected)).find((fault) => fault !== undefined)
}

type Groups = Extract<Expected, { kind: 'groups' }>

function faultOfWinner(text: string, { groups }: Groups): string | undefined {
  const [winner, ...others] = groups
  if (!winner || others.length > 0) return `should name ${groups.length} groups`
  const named = text.replaceAll('\\', '').includes(` ${winner.keys.join()} has the`)
  return named ? faultOfNumbers(boldNumbers(text), winner.values) : `winner: ${winner.keys.join()}`
}

function faultOfRow(row: readonly string[], { groups }: Groups): string | undefined {
  const group = groups.find(({ keys }) => keys.every((key, place) => row[place] === key))
  if (!group) return `unexpected row ${row.join(' | ')}`
  const cells = row.slice(group.keys.length).filter((cell) => cell !== '(empty)')
  return faultOfNumbers(cells.map(number), group.values)
}

/** A refusal or a question back holds no figure, no table and no chart. */
function faultOfRefusal({ text, tools }: Asked): string | undefined {
  if (/\*\*|\|/.test(text)) return 'gives a figure'
  if (tools.some(({ call }) => call.toolName === 'chart_table')) return 'draws a chart'
  return /\(\/settings\/models\)|\?$/.test(text) ? undefined : 'neither asks back nor refuses'
}

/** A few questions at a time, so that both data processes have work. */
async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

describe('the built-in model over random tables', () => {
  test('answers 450 phrasings with the numbers that plain JavaScript computes', async () => {
    let asked = 0
    const wrong: string[] = []
    for (const seed of SEEDS) {
      const table = randomTable(seed)
      const file = await stage.attach(table.name, table.csv)
      await stage.ask('what columns are there', [file])
      const phrasings = [
        ...phrasingsFor(table, seeded(seed * 1_000)),
        ...shapedPhrasingsFor(table, seeded(seed * 2_000)),
      ]
      await eachAtOnce(phrasings, async (phrasing) => {
        const { question, expected } = phrasing
        const answer = await stage.ask(question, [file])
        asked += 1
        const fault = faultOf(answer, expected)
        if (fault !== undefined) wrong.push(`${question}: ${fault}\n${answer.text}`)
      })
    }
    expect(wrong.join('\n\n')).toBe('')
    expect(asked).toBeGreaterThanOrEqual(450)
  }, 180_000)

  test('never gives a number for a question that has no certain answer', async () => {
    const refused = new Set<string>()
    const wrong: string[] = []
    for (const seed of SEEDS.slice(0, 3)) {
      const table = randomTable(seed)
      const file = await stage.attach(table.name, table.csv)
      await stage.ask('what columns are there', [file])
      const near = [...refusedFor(table, seeded(seed)), ...shapedRefusedFor(table, seeded(seed))]
      await eachAtOnce(near, async (question) => {
        const answer = await stage.ask(question, [file])
        refused.add(question)
        const fault = faultOfRefusal(answer)
        if (fault !== undefined) wrong.push(`${question}: ${fault}\n${answer.text}`)
      })
    }
    expect(wrong.join('\n\n')).toBe('')
    expect(refused.size).toBeGreaterThanOrEqual(80)
  }, 180_000)
})
