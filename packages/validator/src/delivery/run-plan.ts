import type { Audit, StreamState } from '../auditor/auditor.ts'
import { perform } from './perform.ts'
import type { Plan } from './plan.ts'
import { PATIENCE_MS, Stage, type World } from './stage.ts'
import type { Notes } from './transport.ts'

export type { World } from './stage.ts'

export interface PlanResult {
  plan: Plan
  audit: Audit
  notes: Notes
  /** Threads that were made, by their owner's place in the list of people. */
  made: { person: number; thread: string }[]
  tookMs: number
}

/**
 * Carries a plan out: its steps at their moments, then no more faults, then everything must come
 * together, and the auditor judges what everybody saw. `isDone` holds the calm back.
 */
export async function runPlan(
  world: World,
  plan: Plan,
  options: {
    seed: number
    isDone?: (notes: Notes) => boolean
    /** Everybody is connected, and nothing has happened yet. */
    onGathered?: () => Promise<void>
  },
): Promise<PlanResult> {
  const { seed, isDone, onGathered } = options
  const begun = performance.now()
  const stage = new Stage(world, plan, seed)
  try {
    await stage.gather()
    await onGathered?.()
    await play(stage)
    if (isDone) await stage.wait(() => isDone(stage.notes))
    calm(stage)
    await converge(stage)
    await readAll(stage)
    for (const { memory } of stage.everybody) memory.tell()
    const audit = stage.auditor.end()
    const made = [...stage.threads].flatMap(([person, threads]) =>
      threads.map((thread) => ({ person, thread })),
    )
    const tookMs = Math.round(performance.now() - begun)
    return { plan, audit, notes: stage.notes, made, tookMs }
  } finally {
    await stage.leave()
  }
}

/** None waits for the one before; what a step still has to do, it does while faults are on. */
async function play(stage: Stage): Promise<void> {
  const begun = performance.now()
  const steps: Promise<void>[] = []
  for (const step of stage.plan.steps) {
    await stage.after(Math.max(0, begun + step.atMs - performance.now()))
    const work = perform(stage, step)
    stage.track(work)
    steps.push(work)
  }
  await Promise.allSettled(steps)
}

function calm({ auditor, devices }: Stage): void {
  for (const { proxy, transport } of devices) {
    proxy?.refuse(false)
    proxy?.disturb({})
    transport.slow(false)
    transport.calm()
  }
  auditor.see({ kind: 'faults_stopped' })
}

/** Every message answered, every run ended, every device where its person's witness is. */
async function converge(stage: Stage): Promise<void> {
  await stage.wait(() => stage.pending.size === 0)
  await stage.wait(() => isSettled(stage))
  if (stage.pending.size === 0) return
  const detail = `${stage.pending.size} messages were not answered within ${PATIENCE_MS / 1000} s`
  stage.notes.problems.push({ device: 'the plan', detail })
}

function isSettled({ witnesses, threads, devices }: Stage): boolean {
  return [...witnesses].every(([person, { memory: witness }]) => {
    const made = threads.get(person) ?? []
    const copies = [...witness.copies.values()]
    if (copies.some((copy) => !copy.isLive || hasOpenRun(copy.state))) return false
    if (made.some((thread) => !witness.copies.has(`thread:${thread}`))) return false
    const theirs = devices.filter((device) => device.person === person)
    return theirs.every(({ memory }) =>
      copies.every(({ stream, position }) => memory.copies.get(stream)?.position === position),
    )
  })
}

/** Somebody without a memory reads every stream from its start. */
async function readAll(stage: Stage): Promise<void> {
  for (const [person, witness] of stage.witnesses) {
    const streams = [...witness.memory.copies.keys()]
    const { memory, transport } = await stage.enter(person, 'reader')
    await stage.wait(() => streams.every((stream) => memory.copies.get(stream)?.isLive))
    await transport.stop()
    for (const { stream, position, state, isLive } of memory.copies.values()) {
      if (position === null || !isLive) continue
      stage.auditor.see({ kind: 'journal', stream, position, events: [], state })
    }
  }
}

const hasOpenRun = (state: StreamState): boolean =>
  'runs' in state && state.runs.some(({ outcome }) => outcome === null)
