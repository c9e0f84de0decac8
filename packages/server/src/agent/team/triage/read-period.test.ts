import { describe, expect, test } from 'vitest'

import { readQuestion } from './read-question.ts'
import { resolveReading } from './resolve-reading.ts'
import type { Reading } from './triage.ts'

/** 29 April 2026 was a Wednesday. */
const DATA = { from: '2026-03-01', to: '2026-04-29', end: '2026-04-29T23:00:00.000Z' }
const ONE_DAY = { from: '2023-11-16', to: '2023-11-16', end: '2023-11-16T19:14:20.000Z' }

const resolved = (question: string, data = DATA, before?: Reading): Reading =>
  resolveReading(readQuestion(question, [], before), data).reading

const day = (from: string | null, to: string | null = from) => ({ from, to })

describe('periods that are compared', () => {
  test.each([
    ['in the last 14 days', day('2026-04-15T23:00:00.000Z', null), null],
    ['over the last two weeks', day('2026-04-15T23:00:00.000Z', null), null],
    ['in the past 6 hours', day('2026-04-29T17:00:00.000Z', null), null],
    [
      'in the last 1 months',
      day('2026-03-29T23:00:00.000Z', null),
      day('2026-02-28T23:00:00.000Z', '2026-03-29T23:00:00.000Z'),
    ],
    ['in the second half of April', day('2026-04-16', '2026-04-30'), null],
    ['in the first week of March', day('2026-03-01', '2026-03-07'), null],
    [
      'between week 15 and week 16',
      day('2026-04-13', '2026-04-19'),
      day('2026-04-06', '2026-04-12'),
    ],
    ['between weeks 15 and 16', day('2026-04-13', '2026-04-19'), day('2026-04-06', '2026-04-12')],
    ['Q1 vs Q2', day('2026-04-01', '2026-06-30'), day('2026-01-01', '2026-03-31')],
    ['since last Monday', day('2026-04-27', null), day('2026-04-20', null)],
    ['in April', day('2026-04-01', '2026-04-30'), day('2026-03-01', '2026-03-31')],
    ['between June and July', day('2026-07-01', '2026-07-31'), day('2026-06-01', '2026-06-30')],
    [
      'between 2026-04-01 08:00 and 2026-04-01 20:00',
      day('2026-04-01T08:00:00Z', '2026-04-01T20:00:00Z'),
      null,
    ],
    ['on 3 April between 8 am and 6 pm', day('2026-04-03T08:00:00Z', '2026-04-03T18:00:00Z'), null],
  ])('why did our spend change %s?', (words, comparison, baseline) => {
    const { topics, not_understood: not, compared } = resolved(`Why did our spend change ${words}?`)
    expect(topics[0]).toBe('change')
    expect(not).toBeUndefined()
    // Which of two is the later one is found by whoever compares them.
    const [first, second] = [compared?.baseline ?? null, compared?.comparison ?? null]
    const isTurned = first !== null && (second?.from ?? '') < (first.from ?? '')
    expect(isTurned ? [second, first] : [first, second]).toEqual([baseline, comparison])
  })

  test('the half of a month that the other half names', () => {
    const { compared } = resolved('Compare the first half of April with the second half')
    expect([compared?.comparison, compared?.baseline]).toEqual([
      day('2026-04-01', '2026-04-15'),
      day('2026-04-16', '2026-04-30'),
    ])
  })

  test('a time of day is of the one day of the data, and of several of none', () => {
    const question = 'Why did cost change between 18:20 and 18:40?'
    expect(resolved(question, ONE_DAY).compared?.comparison).toEqual(
      day('2023-11-16T18:20:00Z', '2023-11-16T18:40:00Z'),
    )
    expect(resolved(question).not_understood).toMatch(
      /more than one day.*“between 18:20 and 18:40”/,
    )
  })

  test('one unit earlier, again and again', () => {
    const first = resolved('Why did our AI spend change last week?')
    const week = resolved('and the week before?', DATA, first)
    expect(week.compared).toMatchObject({
      comparison: day('2026-04-13T00:00:00.000Z', '2026-04-20T00:00:00.000Z'),
      baseline: day('2026-04-06T00:00:00.000Z', '2026-04-13T00:00:00.000Z'),
    })
    expect(resolved('and the week before that?', DATA, week).compared?.comparison).toEqual(
      day('2026-04-06T00:00:00.000Z', '2026-04-13T00:00:00.000Z'),
    )
    const april = resolved('Why did our AI spend change in April?')
    expect(resolved('and the month before?', DATA, april).compared).toMatchObject({
      comparison: day('2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'),
      baseline: day('2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'),
    })
  })
})

describe('the period of a total', () => {
  test.each([
    ['What did we spend in week 15?', day('2026-04-06', '2026-04-12')],
    ['What did we spend in Q1 2026?', day('2026-01-01', '2026-03-31')],
    ['What did we spend between March and April?', day('2026-03-01', '2026-04-30')],
    ['What did we spend this month?', day('2026-04-01', '2026-04-30')],
    ['What did we spend yesterday?', day('2026-04-28')],
    ['What did we spend in the first half of April?', day('2026-04-01', '2026-04-15')],
  ])('%s', (question, dates) => {
    expect(resolved(question).period).toMatchObject(dates)
  })

  test('hours count back from the end of the data', () => {
    expect(resolved('What did we spend in the last 6 hours?').period).toMatchObject({
      last_days: 0.25,
    })
  })
})

describe('words of time that are no period', () => {
  test.each([
    ['Why did spend change since April 31?', /There is no “April 31”/],
    ['Why did spend change in week 60?', /There is no “week 60”/],
    ['Why did our AI spend change in the last fortnight?', /the period “in the last fortnight”/],
    ['What did we spend in the last few days?', /the period “in the last few days”/],
    ['Why did spend drop at weekends?', /the period “at weekends”/],
    ['What did we spend three days ago?', /the period “three days ago”/],
    ['Why did cost rise since the release?', /the period “since the release”/],
    ['What did it cost on 03/04/2026?', /the period “03\/04\/2026”/],
    ['Why did cost rise in the last quarter?', /the period “in the last quarter”/],
  ])('%s', (question, said) => {
    expect(readQuestion(question, []).not_understood).toMatch(said)
  })

  test.each([
    'Which hours are busiest?',
    'What if we have 3× usage next month?',
    'Do we stay within 500 requests per minute?',
    'How many requests per second per day?',
    'What is the p95 time to first token?',
    'Should we move the second workload to gpt-4.1-mini?',
    'Why did our AI spend change between March and April?',
    'How much would it cost per month?',
    'What did we spend since 2024-03-01?',
    'Forecast our spend for the next quarter',
    'Does latency depend on the time of day?',
    'This is the first question of the day: what do we spend?',
  ])('is none: %s', (question) => {
    expect(readQuestion(question, []).not_understood).toBeUndefined()
  })
})
