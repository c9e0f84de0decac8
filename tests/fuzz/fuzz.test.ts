import { expect, test } from 'vitest'

import { campaign } from './campaign.ts'

const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 5_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000)

/** What caches, limits and the audit log may keep of an input; a leak of requests would be kilobytes. */
const MAX_BYTES_AN_INPUT = 2_048

test(
  'whatever comes as a frame, body, header, query, path, upload or token, no answer is a fault of the server (S7)',
  { timeout: 60_000 + INPUTS * 20 },
  async () => {
    const done = await campaign({ seed: SEED, inputs: INPUTS })
    const of = `node tests/fuzz/run.ts --inputs ${INPUTS} --seed ${SEED}`
    expect({ of, faults: done.faults }).toEqual({ of, faults: [] })
    expect(done.inputs).toBeGreaterThanOrEqual(INPUTS)
    expect(Object.values(done.kinds).every((count) => count > 0)).toBe(true)
    expect({ of, slope: done.slope }).toSatisfy(
      ({ slope }: { slope: number }) => slope < MAX_BYTES_AN_INPUT,
    )
  },
)
