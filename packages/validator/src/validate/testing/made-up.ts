import { Accounts } from '../accounts.ts'
import type { Check, Result } from '../check.ts'
import { FULL_PACE } from '../context.ts'
import type { Report } from '../report/report.ts'
import type { Run } from '../runner.ts'

/** A check that does what a test says. */
export const aCheck = (more: Partial<Check> & Pick<Check, 'id'>): Check => ({
  group: more.id.split('.')[0] as Check['group'],
  title: `${more.id} holds`,
  weight: 'blocking',
  causes: [{ cause: 'It is broken.', fix: 'Mend it.' }],
  run: async () => 'as it is due',
  ...more,
})

/** Against an address that nobody asks, unless a check does. */
export const aRun = (more: Partial<Run> = {}): Run => ({
  url: 'http://127.0.0.1:1',
  environment: 'production',
  pace: FULL_PACE,
  accounts: new Accounts(),
  ...more,
})

export const aResult = (more: Partial<Result> & Pick<Result, 'id'>): Result => ({
  group: more.id.split('.')[0] as Result['group'],
  title: `${more.id} holds`,
  weight: 'blocking',
  outcome: 'passed',
  seen: 'as it is due',
  exchanges: [],
  durationMs: 100,
  ...more,
})

export const aReport = (results: readonly Result[], more: Partial<Report> = {}): Report => ({
  url: 'https://netra.example',
  environment: 'production',
  scope: 'full',
  verdict: 'ready',
  headline: 'READY',
  version: '1.2.3',
  revision: 'r-7',
  startedAt: '2026-11-21T19:00:00.000Z',
  durationMs: 61_000,
  modes: [],
  results,
  notApplicable: [],
  leftBehind: [],
  ...more,
})
