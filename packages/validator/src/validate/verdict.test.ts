import { expect, test } from 'vitest'

import type { Environment, Outcome, Weight } from './check.ts'
import { modesIn } from './modes.ts'
import { aResult } from './testing/made-up.ts'
import { EXIT_CODES, headlineOf, verdictOf, type Verdict } from './verdict.ts'

interface Row {
  what: string
  /** Ninety-nine others pass. */
  open: [Weight, Outcome][]
  environment?: Environment
  modes?: string[]
  interrupted?: boolean
  verdict: Verdict
}

const passing = Array.from({ length: 99 }, (_none, n) => aResult({ id: `health.n${n}` }))

const rows: Row[] = [
  { what: 'everything passes', open: [], verdict: 'ready' },
  ...(['failed', 'timed_out', 'error', 'skipped', 'refused'] as const).flatMap((outcome): Row[] => [
    {
      what: `one of a hundred, blocking, is ${outcome}`,
      open: [['blocking', outcome]],
      verdict: 'not_ready',
    },
    {
      what: `one, advisory, is ${outcome}`,
      open: [['advisory', outcome]],
      verdict: 'ready_with_warnings',
    },
  ]),
  {
    what: 'twenty advisory ones fail',
    open: Array.from({ length: 20 }, () => ['advisory', 'failed'] as [Weight, Outcome]),
    verdict: 'ready_with_warnings',
  },
  {
    what: 'one of each kind does not pass',
    open: [
      ['advisory', 'failed'],
      ['blocking', 'skipped'],
    ],
    verdict: 'not_ready',
  },
  {
    what: 'all passes in demo mode, in production',
    open: [],
    modes: ['demo'],
    verdict: 'not_ready',
  },
  {
    what: 'all passes with a bypass, in production',
    open: [],
    modes: ['bypass'],
    verdict: 'not_ready',
  },
  {
    what: 'all passes in demo mode, in staging',
    open: [],
    environment: 'staging',
    modes: ['demo'],
    verdict: 'ready_with_warnings',
  },
  {
    what: 'all passes in e2e mode, in development',
    open: [],
    environment: 'development',
    modes: ['e2e'],
    verdict: 'ready_with_warnings',
  },
  { what: 'the run was interrupted', open: [], interrupted: true, verdict: 'could_not_run' },
]

test.for(rows)(
  'when $what: $verdict',
  ({ open, environment = 'production', modes = [], interrupted = false, verdict }) => {
    const results = [
      ...passing,
      ...open.map(([weight, outcome], n) => aResult({ id: `accounts.n${n}`, weight, outcome })),
    ]
    expect(verdictOf(results, { environment, modes, interrupted })).toBe(verdict)
  },
)

test('a run without a single check says nothing', () => {
  expect(verdictOf([], { environment: 'development', modes: [] })).toBe('could_not_run')
})

test('exit codes tell ready from not ready from not tried', () => {
  expect(EXIT_CODES).toEqual({ ready: 0, ready_with_warnings: 0, not_ready: 1, could_not_run: 2 })
})

test('only a full run says "ready"; a part says of what', () => {
  const counts = { tried: 12, all: 80 }
  expect(headlineOf('ready', 'full', counts)).toBe('READY')
  expect(headlineOf('not_ready', 'full', counts)).toBe('NOT READY')
  expect(headlineOf('ready', 'part', counts)).toBe(
    'THE PART THAT WAS ASKED FOR PASSES (12 of 80 checks; this says nothing of the others)',
  )
  for (const scope of ['part', 'smoke'] as const) {
    for (const verdict of ['ready', 'ready_with_warnings', 'not_ready'] as const) {
      expect(headlineOf(verdict, scope, counts)).not.toMatch(/READY/)
    }
  }
})

test('ways round accounts and checks are read from all that tell of them', () => {
  expect(modesIn({ demo: false, e2e: false, startup_bypass: [], mode: { level: 'full' } })).toEqual(
    [],
  )
  expect(modesIn({ demo: true, e2e: true })).toHaveLength(2)
  expect(modesIn({ e2e_testing: { enabled: true } })).toHaveLength(1)
  expect(modesIn({ startup_bypass: ['golden_path', 'disk'] })).toHaveLength(2)
  expect(modesIn({ mode: { level: 'read_only' } })).toEqual(['read_only (not all of its service)'])
})
