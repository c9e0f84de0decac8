import type { Breaker, ServiceLevel } from '@netra/client'
import { expect, test } from 'vitest'

import {
  breakerWords,
  formatMs,
  formatShare,
  formatUptime,
  targetWords,
  verdictOf,
} from './dashboard-words.ts'

test.for([
  [1, '100 %'],
  [0, '0 %'],
  [0.99995, '> 99.99 %'],
  [0.999, '99.9 %'],
  [0.9876, '98.8 %'],
  [0.07, '7 %'],
  [0.0004, '0.04 %'],
] as const)('a share of %d is said as %s', ([share, words]) => {
  expect(formatShare(share)).toBe(words)
})

test('the time since the start is said in its two largest units', () => {
  expect([5, 65, 3_660, 90_000].map(formatUptime)).toEqual(['5 s', '1 min', '1 h 1 min', '1 d 1 h'])
})

test('short times keep a digit, and no time at all is a dash', () => {
  expect([0.44, 3, 12.3, 1_200, null].map(formatMs)).toEqual([
    '0.4 ms',
    '3 ms',
    '12 ms',
    '1.2 s',
    '–',
  ])
})

const breaker = (change: Partial<Breaker>): Breaker => ({
  id: 'model:a/b',
  kind: 'model',
  name: 'a/b',
  state: 'OPEN',
  failure_count: 5,
  success_count: 0,
  last_failure_time: null,
  next_attempt_time: null,
  last_error: null,
  ...change,
})

test('an open breaker says when it tries again', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const open = breaker({ next_attempt_time: '2026-01-01T00:00:12Z' })
  expect(breakerWords(open, now)).toBe(
    '5 failures in a row. Calls are refused at once; it tries again in 12.0 s.',
  )
  expect(breakerWords(open, now + 60_000)).toContain('tries again with the next call.')
})

test('a closed breaker says whether the last calls failed', () => {
  expect(breakerWords(breaker({ state: 'CLOSED', failure_count: 0 }), 0)).toBe('Calls go through.')
  expect(breakerWords(breaker({ state: 'CLOSED', failure_count: 2 }), 0)).toContain('last 2 failed')
})

const level = (change: Partial<ServiceLevel>): ServiceLevel => ({
  id: 'welcome_p99',
  name: 'Welcome',
  meaning: '',
  runbook: 'welcome',
  objective: 0.99,
  within_ms: 500,
  window_days: 28,
  share: 1,
  value_ms: 10,
  count: 1,
  state: 'met',
  ...change,
})

test('a target of time says how much within what, another one only how much', () => {
  expect(targetWords(level({}))).toBe('99 % within 500 ms')
  expect(targetWords(level({ within_ms: null, objective: 0.999 }))).toBe('99.9 %')
})

test('the verdict names what is wrong, the worst first', () => {
  const health = { status: 'healthy', reasons: [], checks: [] }
  const missed = level({ state: 'missed' })
  expect(verdictOf({ health, service_levels: [level({})] }, 0)).toEqual({
    tone: 'good',
    text: 'Everything works.',
  })
  expect(verdictOf({ health, service_levels: [missed] }, 2).text).toBe(
    '2 circuit breakers are open; missed in the last hour: Welcome.',
  )
  expect(verdictOf({ health, service_levels: [level({})] }, 0, 'read_only')).toEqual({
    tone: 'warn',
    text: 'In force: Read only.',
  })
  const ill = { status: 'unhealthy', reasons: ['backend: the disk is full'], checks: [] }
  expect(verdictOf({ health: ill, service_levels: [missed] }, 2)).toEqual({
    tone: 'bad',
    text: 'backend: the disk is full',
  })
})
