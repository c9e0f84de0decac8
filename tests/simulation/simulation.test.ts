import { expect, test } from 'vitest'

import { planOf, simulate, type Plan } from './world.ts'

const SEEDS = 100
const AT_ONCE = 20
/** Of a busy machine; alone they take seconds. */
const PATIENCE = { timeout: 300_000 }

/** To see more of a seed: node tests/simulation/run.ts --seeds 1 --from <seed> */
async function wrongIn(plan: Plan): Promise<string[]> {
  const { violations, complaints } = await simulate(plan)
  return [
    ...violations.map(({ rule, detail }) => `seed ${plan.seed}: ${rule}: ${detail}`),
    ...complaints.map((complaint) => `seed ${plan.seed}: ${complaint}`),
  ]
}

/** Nothing disturbs; what is given happens. */
const calm = (more: Partial<Plan>): Plan => ({
  seed: 7,
  users: 1,
  devices: 1,
  nodes: 1,
  tokenLifeMs: 86_400_000,
  acts: [],
  faults: [],
  ...more,
})

test(
  'a world is decided by its seed: it happens twice in the same way, to the letter',
  PATIENCE,
  async () => {
    const seeds = [2, 3, 5, 40, 53]
    const hashes = async () => {
      const found: string[] = []
      for (const seed of seeds) found.push((await simulate(planOf(seed))).hash)
      return found
    }
    const first = await hashes()
    expect(await hashes()).toEqual(first)
    expect(new Set(first).size).toBe(seeds.length)
  },
)

test.each(Array.from({ length: SEEDS / AT_ONCE }, (_, index) => 1 + index * AT_ONCE))(
  `every event arrives in order, once, or is reported: ${AT_ONCE} random worlds from seed %i`,
  PATIENCE,
  async (from) => {
    const wrong: string[] = []
    for (let seed = from; seed < from + AT_ONCE; seed += 1) {
      wrong.push(...(await wrongIn(planOf(seed))))
    }
    expect(wrong).toEqual([])
  },
)

test(
  'worlds are not idle: there are resumes, resets, take-overs, approvals and several nodes',
  PATIENCE,
  async () => {
    const totals = { committed: 0, resumes: 0, resets: 0, takeOvers: 0, approvals: 0, shared: 0 }
    let delivered = 0
    for (let seed = 300; seed < 315; seed += 1) {
      const plan = planOf(seed)
      const { counts, tail } = await simulate(plan)
      totals.committed += counts.committed
      delivered += counts.delivered
      totals.resumes += counts.resumes
      totals.resets += counts.resets
      totals.takeOvers += tail.filter((line) => line.includes('"type":"run_attempt"')).length
      totals.approvals += tail.filter((line) => line.includes('"type":"approval_decided"')).length
      if (plan.nodes > 1) totals.shared += 1
    }
    for (const total of Object.values(totals)) expect(total).toBeGreaterThan(0)
    expect(delivered).toBeGreaterThan(totals.committed)
  },
)

test('a disk that is full when a node starts holds up runs, not the start', PATIENCE, async () => {
  const wrong = await wrongIn(
    calm({
      acts: [{ at: 1_000, device: 0, does: 'send' }],
      faults: [
        { at: 1_200, name: 'a store is in trouble', seed: 20 },
        { at: 1_210, name: 'a node is killed', seed: 20 },
      ],
    }),
  )
  expect(wrong).toEqual([])
})
