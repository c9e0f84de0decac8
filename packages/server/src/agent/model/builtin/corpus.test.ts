import { afterAll, beforeAll, describe, expect, test } from 'vitest'

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
function close(shown: number, expected: number): boolean {
  if (Number.isInteger(expected) && Number.isInteger(shown)) return shown === expected
  const size = Math.abs(expected)
  const step = size >= 1 ? 0.005 : size * 0.0005
  return Math.abs(shown - expected) <= step + size * 1e-9
}

const expectClose = (shown: readonly number[], figures: readonly number[], about: string): void => {
  const expected = figures.filter((figure) => !Number.isNaN(figure))
  const fits =
    shown.length === expected.length && shown.every((one, place) => close(one, expected[place]!))
  expect(fits, `${about}\nshown ${shown.join(' ')}, expected ${expected.join(' ')}`).toBe(true)
}

function check({ text, error }: Asked, expected: Expected, question: string): void {
  const about = `${question}\n→ ${text} ${error === undefined ? '' : String(error)}`
  if (expected.kind === 'figures') return expectClose(boldNumbers(text), expected.values, about)
  if (expected.kind === 'chart') {
    const points = number(/: ([\d,]+) points?/.exec(text)?.[1] ?? 'none')
    const { highest, lowest } = expected
    return expectClose([points, ...boldNumbers(text)], [expected.points, highest, lowest], about)
  }
  const rows = tableRows(text)
  const winner = /has the (?:highest|lowest)/.test(text) && rows.length === 0
  if (winner) {
    expect(expected.groups, about).toHaveLength(1)
    expect(text, about).toContain(
      ` ${expected.groups[0]!.keys[0]!.replaceAll(/[\\`*_[\]<>|#~!]/g, String.raw`\$&`)} has the`,
    )
    return expectClose(boldNumbers(text), expected.groups[0]!.values, about)
  }
  const hidden = number(/…and ([\d,]+) other/.exec(text)?.[1] ?? '0')
  expect(rows.length + hidden, about).toBe(expected.groups.length)
  for (const row of rows) {
    const group = expected.groups.find(({ keys }) => keys.every((key, place) => row[place] === key))
    expect(group, `${about}\nrow ${row.join(' | ')}`).toBeDefined()
    const cells = row.slice(group!.keys.length)
    const values = group!.values.filter((value) => !Number.isNaN(value))
    expectClose(cells.filter((cell) => cell !== '(empty)').map(number), values, about)
  }
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
  test('answers more than 300 phrasings with the numbers that plain JavaScript computes', async () => {
    let asked = 0
    const wrong: string[] = []
    for (const seed of SEEDS) {
      const table = randomTable(seed)
      const file = await stage.attach(table.name, table.csv)
      await eachAtOnce(
        phrasingsFor(table, seeded(seed * 1_000)),
        async ({ question, expected }) => {
          const answer = await stage.ask(question, [file])
          asked += 1
          try {
            check(answer, expected, question)
          } catch (error) {
            wrong.push(String(error))
          }
        },
      )
    }
    expect(wrong.join('\n\n')).toBe('')
    expect(asked).toBeGreaterThanOrEqual(300)
  }, 60_000)

  test('never gives a number for a question that has no certain answer', async () => {
    const refused = new Set<string>()
    for (const seed of SEEDS.slice(0, 3)) {
      const table = randomTable(seed)
      const file = await stage.attach(table.name, table.csv)
      await eachAtOnce(refusedFor(table, seeded(seed)), async (question) => {
        const { text, tools, error } = await stage.ask(question, [file])
        const about = `${question}\n→ ${text}`
        expect(error, about).toBeUndefined()
        expect(text, about).not.toMatch(/\*\*|\|/)
        expect(
          tools.map(({ call }) => call.toolName),
          about,
        ).not.toContain('chart_table')
        expect(text, about).toMatch(/\(\/settings\/models\)|\?$/)
        refused.add(question)
      })
    }
    expect(refused.size).toBeGreaterThanOrEqual(40)
  }, 60_000)
})
