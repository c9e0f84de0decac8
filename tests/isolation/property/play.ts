import { step } from './operations.ts'
import { World } from './world.ts'

export interface Played {
  violations: readonly string[]
  steps: number
  kills: number
  bytes: number
  /** Answers and frames in which somebody saw something of their own. */
  own: number
  /** Answers of HTTP by request and status. */
  statuses: ReadonlyMap<string, number>
  /** Server errors. */
  faults: string[]
}

const AT_ONCE = 12

/** So many random steps of 20 users, with a few deaths of the server among them. */
export async function play(options: {
  seed: number
  steps: number
  kills: number
  note?: (line: string) => void
}): Promise<Played> {
  const { seed, steps, kills, note } = options
  await using world = await World.open(seed)
  const between = Math.ceil(steps / (kills + 1))
  for (let done = 0; done < steps; done += between) {
    if (done > 0) await world.killAndRestart()
    let left = Math.min(between, steps - done)
    const worker = async (): Promise<void> => {
      while (left > 0 && world.watch.violations.length === 0) {
        left -= 1
        await step(world)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    note?.(
      `${done + between} steps, ${world.watch.bytes} bytes, ${world.watch.violations.length} violations`,
    )
  }
  return {
    violations: world.watch.violations,
    steps,
    kills: world.kills,
    bytes: world.watch.bytes,
    own: world.watch.own,
    statuses: world.statuses,
    faults: [...world.statuses.keys()].filter((what) => what.endsWith(' 500')),
  }
}
