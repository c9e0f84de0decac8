import { expect, test } from 'vitest'

import { costsOf, peoplePerCore } from './capacity.ts'
import { slopePerHour, type Sample } from './process-meter.ts'

const sample = (atMs: number, cpuMs: number, rssBytes = 0): Sample => ({
  atMs,
  cpuMs,
  rssBytes,
  descriptors: 0,
})

test('what sockets and runs cost follows from a quiet and a busy time', () => {
  const costs = costsOf({
    sockets: 100,
    runs: 50,
    empty: sample(0, 500, 1_000_000),
    quiet: [sample(10_000, 1_000), sample(20_000, 1_100, 3_000_000)],
    busy: [sample(20_000, 1_100), sample(70_000, 4_100)],
  })
  // 100 ms of 10 s, over 100 sockets; 3,000 ms less the 500 that the sockets cost, over 50 runs.
  expect(costs.coresPerSocket).toBeCloseTo(0.0001)
  expect(costs.cpuMsPerRun).toBeCloseTo(50)
  expect(costs.bytesPerSocket).toBe(20_000)
  // 2 × 0.0001 + 1 run a minute of 50 ms = 0.0002 + 0.000833…; 0.6 of a core.
  const habits = { socketsPerPerson: 2, runsPerMinute: 1, load: 0.6 }
  expect(peoplePerCore(costs, habits)).toBe(580)
})

test('the slope is that of the line through the samples', () => {
  const samples = [0, 1, 2, 3].map((hour) => sample(hour * 3_600_000, 0, 100 + 7 * hour))
  expect(slopePerHour(samples, ({ rssBytes }) => rssBytes)).toBeCloseTo(7)
  expect(slopePerHour([sample(5, 0, 9)], ({ rssBytes }) => rssBytes)).toBe(0)
})
