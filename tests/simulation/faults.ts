import type { Device } from './device.ts'
import type { Place } from './place.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { Wire } from './wire.ts'

/** What can be disturbed. */
interface Disturbed {
  readonly schedule: Schedule
  readonly devices: readonly Device[]
  readonly places: readonly Place[]
  wires(): Wire[]
}

type Fault = (world: Disturbed, random: Random) => void

/** What may happen to a world, and how often of a hundred. */
const FAULTS: Record<string, { weight: number; strike: Fault }> = {
  'a connection is cut': {
    weight: 14,
    strike: (world, random) => random.maybe(world.wires())?.cut(),
  },
  'a connection falls silent': {
    weight: 8,
    strike: (world, random) =>
      random.maybe(world.wires())?.blacken(random.pick(['up', 'down', 'both'])),
  },
  'a connection is slow': {
    weight: 6,
    strike(world, random) {
      const wire = random.maybe(world.wires())
      const lane = random.chance(0.5) ? wire?.up : wire?.down
      if (lane) lane.latencyMs = random.between(200, 8_000)
    },
  },
  'a page is loaded anew': {
    weight: 8,
    strike: (world, random) => random.pick(world.devices).reload(),
  },
  'a page stands still': {
    weight: 8,
    strike(world, random) {
      const { page } = random.pick(world.devices)
      page.pause()
      world.schedule.after(random.between(50, 40_000), () => page.resume())
    },
  },
  'a node stands still': {
    weight: 7,
    strike(world, random) {
      const { host } = random.pick(world.places)
      host.pause()
      world.schedule.after(random.between(20, 30_000), () => host.resume())
    },
  },
  'a node is killed': { weight: 12, strike: (world, random) => random.pick(world.places).kill() },
  'a node is stopped': {
    weight: 4,
    strike: (world, random) => random.pick(world.places).stop(),
  },
  'a clock steps': {
    weight: 5,
    strike(world, random) {
      const pages = world.devices.map(({ page }) => page)
      const host = random.pick([...pages, ...world.places.map((place) => place.host)])
      host.wallOffset += random.pick([-3_600_000, -2_000, 500, 5_000, 120_000])
    },
  },
  'a store is in trouble': {
    weight: 6,
    strike: (world, random) => random.pick(world.places).store.trouble(random.between(100, 40_000)),
  },
  'a message is sent twice': {
    weight: 10,
    strike: (world, random) => random.pick(world.devices).repeatCommand(),
  },
  'a node is killed and its disk loses the end': {
    weight: 3,
    strike: (world, random) => random.pick(world.places).kill('loses its end'),
  },
  'a node is stopped and a bit of its disk flips': {
    weight: 5,
    strike: (world, random) => random.pick(world.places).stop('flips a bit'),
  },
}

export interface PlannedFault {
  at: number
  name: string
  seed: number
}

export function planFaults(
  random: Random,
  options: { count: number; untilMs: number },
): PlannedFault[] {
  const total = Object.values(FAULTS).reduce((sum, { weight }) => sum + weight, 0)
  return Array.from({ length: options.count }, () => {
    let left = random.next() * total
    const [name = ''] = Object.entries(FAULTS).find(([, { weight }]) => (left -= weight) < 0) ?? []
    return { at: random.between(500, options.untilMs), name, seed: random.bits() }
  }).toSorted((a, b) => a.at - b.at)
}

export function strike(world: Disturbed, name: string, random: Random): void {
  FAULTS[name]?.strike(world, random)
}
