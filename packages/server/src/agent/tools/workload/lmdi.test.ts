import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  costOfGroup,
  decompose,
  EFFECTS,
  logarithmicMean,
  type Effects,
  type Group,
  type Side,
} from './lmdi.ts'

const HOURS = { baseline: 24, comparison: 24 }

const side = (requests: number, ...kinds: [tokens: number, cost: bigint][]): Side => ({
  requests,
  kinds: kinds.map(([tokens, cost]) => ({ tokens, cost })),
})

const sumOf = (effects: Effects): bigint => EFFECTS.reduce((sum, name) => sum + effects[name], 0n)

/** What is not zero. */
const told = (effects: Effects | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(effects ?? {}).flatMap(([name, value]) =>
      value === 0n ? [] : [[name, Number(value)]],
    ),
  )

const one = (baseline: Side | undefined, comparison: Side | undefined, hours = HOURS) =>
  decompose([[{ baseline, comparison }]], hours)[0]

describe('additive LMDI-I', () => {
  test('the logarithmic mean is the value itself of equals, and (a − b) / ln(a / b) of others', () => {
    expect(logarithmicMean(7, 7)).toBe(7)
    // 1 / ln 2
    expect(logarithmicMean(2, 1)).toBeCloseTo(Math.LOG2E, 9)
    expect(logarithmicMean(1 + 1e-12, 1)).toBeCloseTo(1, 11)
  })

  test('twice the requests, half as many tokens more of each, a fifth off the price: by hand', () => {
    // 1,000,000 → 2,400,000: L = 1,400,000 / ln 2.4 = 1,599,143.63
    const found = one(side(100, [100_000, 1_000_000n]), side(200, [300_000, 2_400_000n]))
    const effects = told(found?.effects)
    expect(effects['volume']).toBeCloseTo(1_599_143.63 * Math.LN2, -1)
    expect(effects['tokens']).toBeCloseTo(1_599_143.63 * 0.405_465_11, -1)
    expect(effects['price']).toBeCloseTo(1_599_143.63 * -0.223_143_55, -1)
    expect(Object.keys(effects)).toEqual(['volume', 'tokens', 'price'])
    expect(found?.tokens).toEqual([found?.effects.tokens])
  })

  test('requests that only go from one group to another are mix alone', () => {
    const groups: Group[] = [
      [{ baseline: side(100, [100, 1_000n]), comparison: side(50, [50, 500n]) }],
      [{ baseline: side(100, [100, 100n]), comparison: side(150, [150, 150n]) }],
    ]
    expect(decompose(groups, HOURS).map(({ effects }) => told(effects))).toEqual([
      { mix: -500 },
      { mix: 50 },
    ])
  })

  test('a longer period is told from more requests an hour', () => {
    const longer = { baseline: 24, comparison: 48 }
    const found = one(side(100, [100, 1_000n]), side(200, [200, 2_000n]), longer)
    expect(told(found?.effects)).toEqual({ length: 1_000 })
  })

  test('groups that are new or gone stand alone and change nothing of those that stay', () => {
    const groups: Group[] = [
      [{ baseline: side(10, [10, 100n]), comparison: side(10, [10, 100n]) }],
      [{ baseline: undefined, comparison: side(5, [5, 70n]) }],
      [{ baseline: side(3, [3, 30n]), comparison: undefined }],
    ]
    expect(decompose(groups, HOURS).map(({ effects }) => told(effects))).toEqual([
      {},
      { new: 70 },
      { gone: -30 },
    ])
  })

  test('a model that takes over from another in a group is the effect of models', () => {
    const group: Group = [
      { baseline: side(100, [100, 1_000n]), comparison: undefined },
      { baseline: undefined, comparison: side(100, [100, 60n]) },
    ]
    expect(told(decompose([group], HOURS)[0]?.effects)).toEqual({ models: -940 })
  })

  test('a kind of token that was not there before is tokens; one that was free is price', () => {
    const cached = one(side(10, [10, 100n], [0, 0n]), side(10, [8, 80n], [2, 5n]))
    expect(told(cached?.effects)).toEqual({ tokens: -15 })
    expect(cached?.tokens).toEqual([-20n, 5n])
    const free = one(side(10, [10, 0n]), side(10, [10, 50n]))
    expect(told(free?.effects)).toEqual({ price: 50 })
  })

  test('cost of requests that name no tokens is a price of requests, a credit is price whole', () => {
    const unnamed = one(side(10, [0, 100n]), side(10, [0, 150n]))
    expect(told(unnamed?.effects)).toEqual({ price: 50 })
    const credit = one(side(10, [10, 100n]), side(20, [20, -40n]))
    expect(told(credit?.effects)).toEqual({ price: -140 })
  })

  test('whatever the amounts, effects sum to the difference to the last unit', () => {
    const kind = fc.tuple(fc.nat(5_000_000), fc.bigInt(-(10n ** 12n), 10n ** 21n))
    const anySide = fc.option(
      fc
        .tuple(fc.nat(1_000_000), kind, kind)
        .map(([requests, input, output]) => side(requests, input, output)),
      { nil: undefined },
    )
    const term = fc.record({ baseline: anySide, comparison: anySide })
    const groups = fc.array(fc.array(term, { minLength: 1, maxLength: 3 }), { maxLength: 6 })
    const hours = fc.record({
      baseline: fc.integer({ min: 1, max: 800 }),
      comparison: fc.integer({ min: 1, max: 800 }),
    })
    fc.assert(
      fc.property(groups, hours, (all, length) => {
        for (const [place, { effects }] of decompose(all, length).entries()) {
          const group = all[place] ?? []
          const difference = costOfGroup(group, 'comparison') - costOfGroup(group, 'baseline')
          expect(sumOf(effects)).toBe(difference)
        }
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})
