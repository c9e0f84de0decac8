import { expect, test } from 'vitest'

import { play } from './play.ts'

const STEPS = Number(process.env['ISOLATION_STEPS'] ?? 500)
const SEED = Number(process.env['ISOLATION_SEED'] ?? Date.now() % 1_000_000)

test(
  `20 users, random operations and faults: nobody receives a byte of anybody else's (S10, S19, S20, S22)`,
  { timeout: 60_000 + STEPS * 100 },
  async () => {
    const played = await play({ seed: SEED, steps: STEPS, kills: 2 })
    const of = `seed ${SEED}: node tests/isolation/run.ts --steps ${STEPS} --seed ${SEED}`
    expect({ of, violations: played.violations, faults: played.faults }).toEqual({
      of,
      violations: [],
      faults: [],
    })
    // What nobody could see in their own answers would not have been found in those of others.
    expect(played.own).toBeGreaterThan(STEPS / 10)
    expect(played.kills).toBe(2)
  },
)
