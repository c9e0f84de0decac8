import { expect, test } from 'vitest'

import { ADA, BOB, spendingStage } from '../../testing/spending-stage.ts'
import type { Limits } from './limits.ts'
import { BudgetSpent, userScope } from './spending.ts'

const limited = (own: Limits, everyone: Limits = {}) =>
  spendingStage({ defaults: { own, everyone } })

test('S30: a call counts for its day and month, and a restart forgets none', async () => {
  await using s = await limited({ tokens_per_day: 250, tokens_per_month: 1_000 })
  const meter = s.meterOf()
  await s.call(meter, { inputTokens: 90, outputTokens: 30 })
  await s.call(meter, { inputTokens: 100, outputTokens: 40, costUsd: null })
  await s.restart()
  expect(await s.spending.of(ADA)).toMatchObject({
    today: { tokens: 260, calls: 2, unpriced: 1, cost_usd: 0.01 },
    month: { tokens: 260 },
  })
  await expect(s.call(s.meterOf())).rejects.toThrow(
    'You have used up your tokens for today: 260 tokens of 250 tokens (budget tokens_per_day). There is more from 2026-11-22 00:00 UTC.',
  )
  s.clock.advance(14 * 3600_000)
  await s.call(s.meterOf())
  expect(await s.spending.of(ADA)).toMatchObject({ today: { tokens: 100 }, month: { tokens: 360 } })
})

test('a call that began before midnight counts for the day in which it began', async () => {
  await using s = await limited({ tokens_per_day: 100 })
  const meter = s.meterOf()
  const late = s.callOf()
  const admitted = await s.admit(meter, late)
  s.clock.advance(14 * 3600_000)
  admitted.over(late)
  await s.write(meter)
  expect((await s.spending.of(ADA)).today.tokens).toBe(0)
  await s.call(s.meterOf())
})

test('a clock that steps back finds the day as it was left', async () => {
  await using s = await limited({ tokens_per_day: 100 })
  await s.call(s.meterOf())
  s.clock.advance(24 * 3600_000)
  await s.call(s.meterOf())
  s.clock.advance(-24 * 3600_000)
  await expect(s.call(s.meterOf())).rejects.toBeInstanceOf(BudgetSpent)
})

test('money is counted of calls with a price; others only where the setting allows them', async () => {
  await using s = await limited({ usd_per_month: 0.025 })
  await s.call(s.meterOf(), { costUsd: null })
  for (const _ of [1, 2, 3]) await s.call(s.meterOf(), { costUsd: 0.01 })
  await expect(s.call(s.meterOf())).rejects.toThrow('$0.0300 of $0.0250 (budget usd_per_month)')
  await using strict = await spendingStage({
    defaults: { own: { usd_per_month: 1 }, everyone: {} },
    allowsUnpriced: false,
  })
  await strict.call(strict.meterOf())
  await expect(strict.call(strict.meterOf(), { costUsd: null })).rejects.toThrow(
    'openai/gpt-4o has no known price',
  )
})

test('a person’s own budget holds before that of their role, and null lifts it', async () => {
  await using s = await limited({ tokens_per_day: 1_000 })
  const { book } = s.spending
  await book.write('role:user', { tokens_per_day: 100, steps_per_run: 3 }, ADA)
  expect((await s.spending.of(ADA)).limits).toEqual({ tokens_per_day: 100, steps_per_run: 3 })
  await book.write(userScope(ADA), { tokens_per_day: null }, ADA)
  expect((await s.spending.of(ADA)).limits).toEqual({ tokens_per_day: null, steps_per_run: 3 })
  await book.write(userScope(ADA), {}, ADA)
  expect((await s.spending.of(ADA)).limits).toMatchObject({ tokens_per_day: 100 })
  s.spending.noteRole(ADA, 'admin')
  expect((await s.spending.of(ADA)).limits).toEqual({ tokens_per_day: 1_000 })
})

test('what everybody together may is used up by anybody, also by who is removed since', async () => {
  await using s = await limited({}, { tokens_per_day: 150 })
  await s.call(s.meterOf(BOB))
  await s.call(s.meterOf(ADA))
  expect((await s.spending.refusal(ADA))?.message).toContain('Everybody together has used up')
  await s.journal.write(s.spending.forgetPerson(BOB))
  expect((await s.spending.ofEveryone()).today).toMatchObject({ tokens: 200, calls: 2 })
  expect((await s.spending.refusal(ADA))?.budget).toBe('tokens_per_day')
  expect(await s.spending.totalsBy(['user_id'], { since: '2026' })).toMatchObject([
    { user_id: ADA, calls: 1 },
  ])
})

test('who goes on with a call counts the one that broke off too, once, before it is let in', async () => {
  await using s = await limited({ tokens_per_day: 350 })
  const meter = s.meterOf(ADA, { characters: 30 })
  await s.call(meter)
  await s.call(meter)
  expect(await s.spending.of(ADA)).toMatchObject({ today: { tokens: 330, calls: 3 } })
  const [lost] = await s.spending.totalsBy(['user_id'], { since: '2026-11-21' })
  expect(lost).toMatchObject({ failed_calls: 1, estimated_calls: 1, output_tokens: 30 })
  const again = s.call(s.meterOf(ADA, { characters: 0 }))
  await expect(again).rejects.toThrow('430 tokens of 350 tokens')
})

test('who goes on with a tool counts no call that broke off', async () => {
  await using s = await limited({})
  const withTool = s.meterOf(ADA, { characters: 30 })
  await withTool.count('steps_per_run')
  await s.call(withTool)
  expect((await s.spending.of(ADA)).today).toMatchObject({ tokens: 100, calls: 1 })
})

test('steps, model calls and hand-offs of one run come to their limit by name', async () => {
  await using s = await limited({ model_calls_per_run: 2, steps_per_run: 3, handoffs_per_run: 1 })
  const meter = s.meterOf()
  await s.call(meter)
  await s.call(meter)
  await expect(s.call(meter)).rejects.toThrow('model calls of one answer, 2 of 2')
  await meter.count('steps_per_run')
  await expect(meter.count('steps_per_run')).rejects.toThrow('(budget steps_per_run)')
  await meter.count('handoffs_per_run')
  await expect(meter.count('handoffs_per_run')).rejects.toThrow('(budget handoffs_per_run)')
})

test('a person is told at 80 and at 100 percent, once each, also by another process', async () => {
  await using s = await limited({ tokens_per_day: 1_000 })
  const spendTo = async (tokens: number): Promise<void> =>
    s.call(s.meterOf(), { inputTokens: tokens })
  await spendTo(700)
  await spendTo(120)
  await expect.poll(() => s.told()).toHaveLength(1)
  await s.restart()
  await spendTo(50)
  await spendTo(150)
  await expect
    .poll(() => s.told())
    .toEqual([
      {
        tokens_per_day: 1_000,
        tokens_per_day_used: 820,
        tokens_per_day_left: 180,
        tokens_per_day_percent: 80,
      },
      {
        tokens_per_day: 1_000,
        tokens_per_day_used: 1_020,
        tokens_per_day_left: 0,
        tokens_per_day_percent: 100,
      },
    ])
  expect(await s.metrics.text()).toContain('netra_spending_tokens_total{direction="input"} 200')
})

test('what is older than the months it is kept goes, and nothing younger', async () => {
  await using s = await spendingStage({ keepMonths: 1 })
  await s.spending.begin()
  await s.call(s.meterOf(), { at: Date.parse('2026-09-30T23:59:59.999Z') })
  await s.call(s.meterOf(), { at: Date.parse('2026-10-01T00:00:00Z') })
  s.clock.advance(3600_000)
  const left = async () =>
    (await s.spending.totalsBy(['day'], { since: '2026' })).map(({ day }) => day)
  await expect.poll(left).toEqual(['2026-10-01'])
  const periods = await s.journal.db
    .selectFrom('spent')
    .select('period')
    .orderBy('period')
    .execute()
  expect(periods.map(({ period }) => period)).toEqual(['2026-10', '2026-10-01'])
})
