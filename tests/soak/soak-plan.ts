import { FAULTS } from '../../packages/validator/src/delivery/fault-steps.ts'
import { sends, type Plan } from '../../packages/validator/src/delivery/plan.ts'
import type { Step } from '../../packages/validator/src/delivery/step.ts'
import type { Random } from '../../packages/validator/src/faults/random.ts'

export interface SoakShape {
  /** Which stretch of the soak it is, from 1. */
  number: number
  people: number
  sockets: number
  /** Nothing happens before: what open sockets alone cost. */
  quietMs: number
  lastsMs: number
  runsPerSecond: number
  faultEveryMs: number
  slowTalker: string
}

/** What would end the process that is measured, and whoever was not there from the start. */
const LEFT_OUT = new Set(['kill', 'new device'])
/** A stopped process stops for everybody: now and then, not every time it is drawn. */
const STOP_SHARE = 0.1

/** Devices of all people, messages at a steady rate, and a fault every few seconds. */
export function soakPlan(random: Random, shape: SoakShape): Plan {
  const { number, people, sockets, quietMs, lastsMs, runsPerSecond, faultEveryMs } = shape
  const devices = Array.from({ length: sockets }, (_, index) => ({
    person: index % people,
    transport: 'socket' as const,
  }))
  const anyDevice = (): number => random.between(0, sockets - 1)
  const send = sends({
    people,
    mayKill: true,
    mayRevoke: true,
    slowTalker: shape.slowTalker,
    transports: ['socket'],
  })
  const names = Object.keys(FAULTS).filter((name) => !LEFT_OUT.has(name))
  const steps: Step[] = []
  for (let atMs = quietMs; atMs < lastsMs; atMs += 1_000 / runsPerSecond) {
    steps.push(ofLastThread(random, { atMs: Math.round(atMs), ...send(random, anyDevice) }))
  }
  for (let atMs = quietMs; atMs < lastsMs; atMs += faultEveryMs) {
    const drawn = random.pick(names as [string, ...string[]])
    const name = drawn === 'stop' && !random.chance(STOP_SHARE) ? 'cut' : drawn
    const step = FAULTS[name]?.(random, anyDevice)
    if (step) steps.push({ atMs, ...step })
  }
  return { number, name: 'soak', devices, steps: steps.toSorted((a, b) => a.atMs - b.atMs) }
}

/** People stay in a conversation; a device that follows ever more of them is another test. */
const ofLastThread = (random: Random, step: Step): Step =>
  step.does === 'send' && random.chance(0.8) ? { ...step, thread: 'last' } : step
