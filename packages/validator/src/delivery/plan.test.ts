import { expect, test } from 'vitest'

import { seededRandom } from '../faults/random.ts'
import { disturbsProcess, namesOf, planAll, type Possible } from './plan.ts'

const everything: Possible = {
  people: 3,
  mayKill: true,
  mayRevoke: true,
  slowTalker: 'openai/slow-talker',
  transports: ['socket', 'events', 'poll'],
}

const somebodys: Possible = {
  people: 1,
  mayKill: false,
  mayRevoke: false,
  slowTalker: undefined,
  transports: ['socket'],
}

test('a seed has one list of schedules, another seed has another', () => {
  const planned = (seed: number) => planAll(seededRandom(seed), 10, everything)
  expect(planned(1)).toEqual(planned(1))
  expect(planned(1)).not.toEqual(planned(2))
})

test('every fault comes in a long list, those that kill last', () => {
  const plans = planAll(seededRandom(3), 60, everything)
  expect(new Set(plans.map(({ name }) => name))).toEqual(new Set(namesOf(everything)))
  const hard = plans.map(disturbsProcess)
  expect(hard.indexOf(true)).toBeGreaterThan(0)
  expect(hard.slice(hard.indexOf(true))).not.toContain(false)
})

test("nothing kills somebody's server, ends his sessions or asks a model that costs money", () => {
  const plans = planAll(seededRandom(4), 60, somebodys)
  const steps = plans.flatMap((plan) => plan.steps)
  expect(steps.filter(({ does }) => ['kill', 'pause', 'revoke'].includes(does))).toEqual([])
  const models = steps.flatMap((step) => (step.does === 'send' ? [step.question.model] : []))
  expect(new Set(models)).toEqual(new Set(['netra/builtin']))
})

test('each schedule has messages, faults in the order of their moments, and devices of everybody', () => {
  for (const { devices, steps } of planAll(seededRandom(5), 40, everything)) {
    expect(new Set(devices.map(({ person }) => person)).size).toBe(3)
    expect(steps.filter(({ does }) => does === 'send').length).toBeGreaterThanOrEqual(5)
    const moments = steps.map(({ atMs }) => atMs)
    expect(moments).toEqual(moments.toSorted((a, b) => a - b))
  }
})
