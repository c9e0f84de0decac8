import { describe, expect, test } from 'vitest'

import { claimedDirection } from './read-change.ts'
import { readQuestion } from './read-question.ts'
import { isOpen, resolveDates } from './resolve-dates.ts'
import type { Reading } from './triage.ts'

const read = (question: string, before?: Reading) => readQuestion(question, [], before)

/** Dates as a question says them. */
const day = (from: string, to: string | null = from) => ({ from, to })

describe('a question why cost changed', () => {
  test.each([
    ['Why did cost go up last week?', { step: 'week', so_far: false }],
    ['Why is the bill higher than the week before?', { step: 'week', so_far: false }],
    ['Why is our spend higher than last month?', { step: 'month', so_far: true }],
    ['Why are we paying more this month than last month?', { step: 'month', so_far: true }],
    ['What changed since Monday?', { comparison: day('-W-1', null), baseline: null }],
    ['What has changed since 3 March?', { comparison: day('--03-03', null) }],
    [
      'Compare March with February',
      { comparison: day('--03-01', '--03-31'), baseline: day('--02-01', '--02-29') },
    ],
    [
      'Compare the cost of May 2025 to April 2025',
      { comparison: day('2025-05-01', '2025-05-31'), baseline: day('2025-04-01', '2025-04-30') },
    ],
    ['March vs. February: what did we spend more on?', { comparison: day('--02-01', '--02-29') }],
    [
      'How much more did we spend in March than in February?',
      { baseline: day('--02-01', '--02-29') },
    ],
    ['Why did our AI spend change?', null],
    ['Why did it rise?', null],
    ['Why have our costs doubled?', null],
    ['What drove the increase in cost yesterday?', { step: 'day' }],
    ['Did usage grow week over week?', { step: 'week' }],
    ['Explain the drop in spend on 12 March', { comparison: day('--03-12') }],
    [
      'What is the difference between 2026-03-01 to 2026-03-07 and 2026-03-08 to 2026-03-14?',
      { baseline: day('2026-03-08', '2026-03-14'), comparison: day('2026-03-01', '2026-03-07') },
    ],
    [
      'Why did cost change from 6 May to 7 May?',
      { baseline: day('--05-07'), comparison: day('--05-06') },
    ],
    ['Has spend fallen since 1st of March?', { comparison: day('--03-01', null) }],
    ['Which users caused the increase last week?', { step: 'week' }],
  ])('%s', (question, compared) => {
    const { topics, ...reading } = read(question)
    expect(topics[0]).toBe('change')
    if (compared === null) expect(reading.compared).toBeNull()
    else if (!/vs\.|than in/.test(question)) expect(reading.compared).toMatchObject(compared)
    else {
      const { baseline, comparison } = reading.compared ?? {}
      expect(new Set([baseline?.from, comparison?.from])).toEqual(new Set(['--02-01', '--03-01']))
    }
    expect(reading.targets.growth_factor).toBeNull()
  })

  test.each([
    'Why is our bill so high?',
    'What is driving our costs?',
    'What should we change?',
    'Compare gpt-4o with gpt-4.1-mini for this workload',
    'Which requests could move to a cheaper model than gpt-4o?',
    'What happens to the bill if traffic doubles?',
    'Usage grows 15% a month for 6 months. Then what?',
    'Why did latency go up last week?',
    'Our cost suddenly jumped. What happened?',
    'How much did we spend last week?',
    'Why did the Roman Empire fall?',
    'What would it cost in March?',
    'How much cheaper would gpt-4o-mini be than gpt-4o?',
  ])('is none of these: %s', (question) => {
    expect(read(question).topics).not.toContain('change')
  })

  test('a rise by so much is no growth to come', () => {
    const reading = read('Why did cost go up 20 % last week and double since March?')
    expect(reading).toMatchObject({ topics: ['change', 'cost'], targets: { growth_factor: null } })
  })

  test('what to do about it stays asked', () => {
    const reading = read('Why did cost go up last week, and how do we reduce it by 20 %?')
    expect(reading).toMatchObject({
      topics: ['change', 'cost', 'saving'],
      targets: { saving_share: 0.2 },
    })
  })

  test('questions that go on keep it, its periods, and ask for other groups', () => {
    const first = read('Why did cost go up last week?')
    const byUser = read('and by user?', first)
    expect(byUser).toMatchObject({
      topics: first.topics,
      dimensions: ['user'],
      compared: { step: 'week' },
    })
    expect(read('and on gpt-4o-mini?', byUser)).toMatchObject({
      dimensions: ['user'],
      base_model: 'gpt-4o-mini',
      compared: { step: 'week' },
    })
    expect(read('and since 3 March?', first).compared).toMatchObject({
      comparison: day('--03-03', null),
      step: null,
    })
    const saving = read('and how could we save?', first)
    expect(saving.topics).not.toContain('change')
    expect(saving.compared).toBeNull()
  })

  test('the period of the question before is the one that changed', () => {
    const before = read('What did we spend in March?')
    expect(before.period).toMatchObject(day('--03-01', '--03-31'))
    expect(read('Why did it rise?', before)).toMatchObject({
      period: null,
      compared: { comparison: day('--03-01', '--03-31') },
    })
  })

  test.each([
    ['Why did it rise?', 'rose'],
    ['Why is the bill higher than the week before?', 'rose'],
    ['Why did cost go down?', 'fell'],
    ['Compare March with February', null],
    ['Did it go up or down?', null],
  ])('%s takes for granted: %s', (question, direction) => {
    expect(claimedDirection(question)).toBe(direction)
  })
})

describe('dates without a year', () => {
  const data = { from: '2025-02-10', to: '2026-04-20' }

  test.each([
    ['cost since 3 March', day('2026-03-03', null), 2026],
    ['cost since March 3rd', day('2026-03-03', null), 2026],
    ['cost in May', day('2025-05-01', '2025-05-31'), 2025],
    ['cost in Feb', day('2026-02-01', '2026-02-28'), 2026],
    ['cost since May', day('2025-05-01', null), 2025],
    ['cost between 20 December and 10 January', day('2025-12-20', '2026-01-10'), 2025],
    ['cost on the 1st of March', day('2026-03-01'), 2026],
    ['cost from 3 Mar to 5 Mar', day('2026-03-03', '2026-03-05'), 2026],
    // 20 April 2026 was a Monday.
    ['cost since Wednesday', day('2026-04-15', null), undefined],
    ['cost on Monday', day('2026-04-20'), undefined],
    ['cost in May 2024', day('2024-05-01', '2024-05-31'), undefined],
    ['cost on 3 March 2024', day('2024-03-03'), undefined],
    ['cost since 2024-03-01', day('2024-03-01', null), undefined],
  ])('%s', (question, dates, year) => {
    const { period } = read(question)
    const { year: taken, ...found } =
      resolveDates({ from: period?.from ?? null, to: period?.to ?? null }, data) ?? {}
    expect(found).toEqual(dates)
    expect(taken).toBe(year)
  })

  test('the latest year of the data, where none of them meets', () => {
    const march = { from: '2026-03-01', to: '2026-03-31' }
    expect(resolveDates({ from: '--05-01', to: '--05-31' }, march)).toEqual({
      ...day('2026-05-01', '2026-05-31'),
      year: 2026,
    })
  })

  test.each([
    'cost on 31 April',
    'it may cost more in total',
    'the models march on',
    'tier 3 on gpt-4o',
  ])('is no date: %s', (question) => {
    expect(read(question).period).toBeNull()
  })

  test('nothing that is said whole is open', () => {
    expect(isOpen('2026-03-01')).toBe(false)
    expect(isOpen('--03-01')).toBe(true)
    expect(isOpen(null)).toBe(false)
  })
})
