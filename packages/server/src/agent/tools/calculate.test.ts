import { expect, test } from 'vitest'

import { calculate, evaluate } from './calculate.ts'
import type { ToolContext } from './tool.ts'

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['2 ** -1', 0.5],
  ['--3', 3],
  ['10 - 4 - 3', 3],
  ['100 / 10 / 2', 5],
  ['7 % 4', 3],
  ['0.1 + 0.2', 0.3],
  ['1e3 + .5', 1000.5],
  ['22361870 * 2.5 / 1e6', 55.904675],
  ['sqrt(3)', 1.73205080756888],
  ['round(1.005, 2)', 1.01],
  ['round(-2.5)', -3],
  ['round(1234, -2)', 1200],
  ['round(1e21, 2)', 1e21],
  ['max(1, 2, 3) - min(4, 5)', -1],
  ['floor(2.7) + ceil(2.1) + abs(-1)', 6],
  ['ln(exp(2)) + log10(1000)', 5],
  ['3 × 4 ÷ 2 − 1', 5],
  ['SQRT(16)', 4],
])('%s is %d', (expression, value) => {
  expect(evaluate(expression)).toBeCloseTo(value, 12)
})

test.each([
  ['1 +', 'ends too early'],
  ['1 2', 'has 2 where it should end'],
  ['(1', 'A ) is missing'],
  ['1 / 0', 'no finite value'],
  ['sqrt(-1)', 'no finite value'],
  ['process.exit()', 'Cannot read ".exit()"'],
  ['constructor(1)', 'There is no constructor here'],
  ['round(1, 2, 3)', 'round takes 1 to 2 values, not 3'],
  ['2 & 3', 'Cannot read "& 3" in'],
  ['* 2', 'A number is missing before *'],
  [`${'('.repeat(400)}1${')'.repeat(400)}`, 'nested too deeply'],
  [`${'2^'.repeat(400)}1`, 'nested too deeply'],
])('%s is refused', (expression, reason) => {
  expect(() => evaluate(expression)).toThrow(reason)
})

test('the tool answers with the expression and its value', async () => {
  const input = calculate.input.parse({ expression: '6 * 7' })
  const context: ToolContext = {
    userId: 'ann',
    threadId: 'thread',
    runId: 'run',
    files: [],
    signal: new AbortController().signal,
    progress: () => undefined,
  }
  expect(await calculate.run(input, context)).toEqual({ expression: '6 * 7', value: 42 })
})
