import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { freshPerson } from '../isolation/account-things.ts'
import { Random } from '../isolation/property/random.ts'
import { signIn } from '../isolation/sign-in.ts'
import { openStage } from '../isolation/stage.ts'
import { targetsOf } from './targets.ts'

const TELLER = fileURLToPath(new URL('./tell-memory.mjs', import.meta.url))
const AT_ONCE = 6
const SLICES = 8
const WEIGHTS: Record<string, number> = {
  'native frames': 2,
  'classic frames': 2,
  'HTTP bodies': 24,
}

export interface Campaign {
  inputs: number
  /** Inputs of each kind. */
  kinds: Record<string, number>
  /** Answers of HTTP. */
  statuses: ReadonlyMap<number, number>
  /** The first input that the server did not stand. */
  faults: string[]
  /** Bytes held after garbage collection, from after the warm-up on. */
  memory: number[]
  /** Bytes by which what is held grows with an input. */
  slope: number
}

/** Sends so many inputs to a real server, and measures what it keeps. */
export async function campaign(options: {
  seed: number
  inputs: number
  note?: (line: string) => void
}): Promise<Campaign> {
  const { seed, inputs, note } = options
  const memoryFile = join(tmpdir(), `netra-memory-${process.pid}-${crypto.randomUUID()}`)
  // What is refused for haste is never parsed, and so would try nothing.
  const env = { MEMORY_FILE: memoryFile, NETRA_REQUESTS_PER_MINUTE: '1000000' }
  await using stage = await openStage({ imports: [TELLER], env })
  const { netra } = stage
  const random = new Random(seed)
  const statuses = new Map<number, number>()
  const expendable = { bearer: '' }
  // A socket takes many frames at once, a request is one input.
  const targets = Object.entries(await targetsOf(stage, statuses, expendable)).flatMap((entry) =>
    Array.from({ length: WEIGHTS[entry[0]] ?? 6 }, () => entry),
  )
  const kinds: Record<string, number> = {}
  const faults: string[] = []

  const measure = async (): Promise<number> => {
    const before = await readFile(memoryFile, 'utf8').catch(() => '')
    process.kill(netra.pid, 'SIGUSR2')
    for (;;) {
      await sleep(50)
      const after = await readFile(memoryFile, 'utf8').catch(() => '')
      if (after.length > before.length) return Number(after.trim().split('\n').at(-1))
    }
  }

  let sent = 0
  const worker = async (until: number): Promise<void> => {
    while (sent < until && faults.length === 0) {
      const [kind, target] = random.of(targets)
      try {
        const count = await target(random)
        kinds[kind] = (kinds[kind] ?? 0) + count
        sent += count
      } catch (error) {
        faults.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }

  const memory: number[] = []
  for (let slice = 1; slice <= SLICES; slice += 1) {
    expendable.bearer = (await freshPerson(stage)).bearer
    const until = Math.ceil((inputs * slice) / SLICES)
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(until)))
    if (faults.length > 0) break
    // Sockets that were cut are swept within seconds.
    await sleep(300)
    memory.push(await measure())
    note?.(`${sent} inputs, ${((memory.at(-1) ?? 0) / 1e6).toFixed(1)} MB held`)
    for (const person of [stage.ada, stage.eve, stage.admin]) await signIn(netra.url, person)
  }
  const log = netra.log()
  for (const line of log.split('\n')) {
    if (
      /nobody caught|"level":(?:50|60)|request failed|could not be (?:taken|handled)/.test(line)
    ) {
      faults.push(`the log says: ${line.slice(0, 1_000)}`)
    }
  }
  if (!(await fetch(`${netra.url}/health`)).ok) faults.push('the server is not healthy any more')
  await rm(memoryFile, { force: true })
  const steady = memory.slice(2)
  const each = inputs / SLICES
  return {
    inputs: sent,
    statuses,
    kinds,
    faults: faults.slice(0, 20),
    memory,
    slope: slopeOf(steady) / each,
  }
}

/** Least squares, by the step. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const above = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0)
  const below = values.reduce((sum, _value, at) => sum + (at - middle) ** 2, 0)
  return below === 0 ? 0 : above / below
}
