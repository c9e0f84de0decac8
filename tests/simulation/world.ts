import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { SocketHandlers } from '@netra/client'

import type { StreamName } from '../../packages/server/src/journal/journal.ts'
import { restartIds } from '../../packages/server/src/platform/ids.ts'
import type {
  Counts,
  JournalEvent,
  Violation,
} from '../../packages/validator/src/auditor/auditor.ts'
import { Device } from './device.ts'
import { planFaults, strike, type PlannedFault } from './faults.ts'
import type { Host } from './host.ts'
import { OwnDisk, SharedAccess } from './node-store.ts'
import { Place } from './place.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { seal } from './sealed.ts'
import { SharedDatabase } from './shared-database.ts'
import { Wire } from './wire.ts'
import { Witness } from './witness.ts'

const CALM_WITHIN_MS = 15 * 60_000
const PAGE = { events: 512, bytes: 1024 * 1024 }

interface PlannedAct {
  at: number
  device: number
  does: 'send' | 'stop' | 'regenerate' | 'decide' | 'delete'
}

const WISHES = [
  ...Array<'send'>(12).fill('send'),
  ...(['stop', 'stop', 'regenerate', 'regenerate', 'decide', 'decide', 'delete'] as const),
]

/** All that a seed decides before anything happens; what is left out of it does not happen. */
export interface Plan {
  seed: number
  users: number
  devices: number
  nodes: number
  tokenLifeMs: number
  acts: PlannedAct[]
  faults: PlannedFault[]
}

export interface Outcome {
  violations: Violation[]
  complaints: string[]
  counts: Counts
  /** Of all that happened: the same for the same plan. */
  hash: string
  tail: string[]
  happened: number
  virtualMs: number
}

export function planOf(seed: number): Plan {
  const random = new Random(seed)
  const users = random.between(1, 2)
  const devices = users + random.between(0, 2)
  const untilMs = random.pick([15_000, 30_000, 60_000])
  const acts = Array.from({ length: random.between(2, 10) }, (): PlannedAct => ({
    at: random.between(100, untilMs),
    device: random.between(0, devices - 1),
    does: random.pick(WISHES),
  })).toSorted((a, b) => a.at - b.at)
  const faults = planFaults(random, { count: random.between(0, 14), untilMs })
  const tokenLifeMs = random.pick([20_000, 600_000, 600_000, 86_400_000])
  const nodes = random.pick([1, 1, 2, 3])
  return { seed, users, devices, nodes, tokenLifeMs, acts, faults }
}

/** Where memory is a file system, disks are made there: a thousand worlds sync a million times. */
const scratch = (): string => {
  const base = process.platform === 'linux' ? '/dev/shm' : tmpdir()
  return mkdtempSync(join(base, 'netra-world-'))
}

/** People with devices, nodes with disks, and what is between them. */
export class World {
  readonly schedule = new Schedule()
  readonly witness = new Witness(this.schedule)
  readonly devices: Device[]
  readonly places: Place[]
  readonly #plan: Plan
  readonly #random: Random
  readonly #folder = scratch()
  readonly #unseal: () => void
  readonly #database: SharedDatabase | undefined
  #wires: Wire[] = []

  constructor(plan: Plan) {
    this.#plan = plan
    this.#random = new Random(plan.seed ^ 0x5eed)
    restartIds()
    this.#unseal = seal(this.schedule, this.#random.fork())
    const { schedule, witness } = this
    const database =
      plan.nodes > 1 ? new SharedDatabase(this.#folder, { schedule, witness }) : undefined
    this.#database = database
    this.places = Array.from({ length: plan.nodes }, (_, index) => {
      const random = this.#random.fork()
      const store = database
        ? new SharedAccess({ random, database })
        : new OwnDisk(join(this.#folder, `node-${index}`), { random, witness })
      return new Place(`node-${index}`, { schedule, witness, random, store })
    })
    this.devices = Array.from(
      { length: plan.devices },
      (_, index) =>
        new Device({
          name: `device-${index}`,
          user: `user-${index % plan.users}`,
          schedule,
          witness,
          random: this.#random.fork(),
          tokenLifeMs: plan.tokenLifeMs,
          dial: (page, name, handlers) => this.#dial(page, name, handlers),
        }),
    )
  }

  wires(): Wire[] {
    this.#wires = this.#wires.filter((wire) => !wire.isOver)
    return this.#wires
  }

  #dial(page: Host, name: string, handlers: SocketHandlers): Wire {
    const place = this.#random.pick(this.places)
    const { schedule } = this
    const random = this.#random.fork()
    const wire = new Wire({ name, schedule, random, page, node: place.host, handlers })
    this.#wires.push(wire)
    schedule.after(random.between(1, 50), () => place.accept(wire))
    return wire
  }

  async live(): Promise<Outcome> {
    try {
      const { acts, faults, seed } = this.#plan
      for (const { at, device, does } of acts) {
        this.schedule.after(at, () => {
          const actor = this.devices[device]
          this.witness.note(actor?.name ?? '', `wants to ${does}`)
          if (does === 'delete') this.#delete(actor)
          else actor?.page.run(() => (does === 'send' ? actor.send(`at ${at}`) : actor[does]()))
        })
      }
      for (const fault of faults) {
        this.schedule.after(fault.at, () => {
          this.witness.note('world', fault.name)
          strike(this, fault.name, new Random(fault.seed ^ seed))
        })
      }
      const last = Math.max(0, ...acts.map(({ at }) => at), ...faults.map(({ at }) => at))
      await this.schedule.run(last + 1)
      this.#heal()
      await this.#comeToRest(last + CALM_WITHIN_MS)
      return this.#outcome()
    } finally {
      for (const place of this.places) place.end()
      this.#database?.[Symbol.dispose]()
      this.#unseal()
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  #delete(actor: Device | undefined): void {
    const place = this.#random.pick(this.places)
    const thread = this.#random.maybe(actor?.threads ?? [])
    if (!actor || thread === undefined) return
    this.witness.see({ kind: 'deleted', stream: `thread:${thread}` })
    place.host.after(20, () => {
      place.node?.deleteThread(actor.user, thread).catch((error: unknown) => {
        this.witness.note(actor.name, `delete: ${String(error)}`)
      })
    })
  }

  #heal(): void {
    for (const { store, host } of this.places) {
      store.heal()
      host.resume()
      host.wallOffset = 0
    }
    for (const { page } of this.devices) {
      page.resume()
      page.wallOffset = 0
    }
    for (const wire of this.wires()) {
      if (wire.up.latencyMs > 100) wire.up.latencyMs = 50
      if (wire.down.latencyMs > 100) wire.down.latencyMs = 50
    }
    this.witness.see({ kind: 'faults_stopped' })
  }

  /** All is quiet when no run is open, every device is live, and each is at the head of what it reads. */
  async #comeToRest(until: number): Promise<void> {
    for (;;) {
      const isOver = await this.schedule.run(until, () =>
        this.devices.every(({ isCalm }) => isCalm),
      )
      if (isOver && (await this.#isQuiet(until))) return this.#read()
      if (this.schedule.now >= until) break
      // People answer in the end.
      for (const device of this.devices) device.page.run(() => device.decide())
      await this.schedule.run(Math.min(until, this.schedule.now + 1_000))
    }
    const restless = this.devices.filter(({ isCalm }) => !isCalm)
    for (const device of restless) {
      const { kind } = device.client.status.getSnapshot()
      const waiting = device.waiting.map(({ id, status }) => `${id} ${status}`).join(', ')
      const phases = device.streams().map(({ stream, view }) => `${stream} ${view.phase}`)
      this.witness.complain(device.name, `is restless: ${kind}; ${waiting}; ${phases.join(', ')}`)
    }
    await this.#read()
  }

  /** Lets a question to a node happen in the world's time. */
  async #ask<Answer>(question: Promise<Answer>): Promise<Answer | undefined> {
    let answer: { value: Answer } | { error: unknown } | undefined
    question.then(
      (value) => (answer = { value }),
      (error: unknown) => (answer = { error }),
    )
    await this.schedule.run(this.schedule.now + 60_000, () => answer !== undefined)
    return answer && 'value' in answer ? answer.value : undefined
  }

  async #isQuiet(until: number): Promise<boolean> {
    const { node } = this.places[0] ?? {}
    if (!node || this.schedule.now >= until) return false
    if ((await this.#ask(node.openRuns())) !== 0) return false
    for (const device of this.devices) {
      for (const { stream, view } of device.streams()) {
        if (view.phase === 'gone') continue
        const head = await this.#ask(node.journal.head(stream))
        if (view.position !== `${node.journal.epoch}:${head}`) return false
      }
    }
    return this.devices.every(({ isCalm }) => isCalm)
  }

  /** What the journal and the devices hold in the end. */
  async #read(): Promise<void> {
    const { node } = this.places[0] ?? {}
    if (!node) return this.witness.complain('world', 'no node is up in the end')
    const streams = [...this.witness.streams] as StreamName[]
    for (const stream of streams) {
      const events: { seq: number; event: JournalEvent }[] = []
      let after = 0
      for (;;) {
        const found = await this.#ask(node.journal.readKept(stream, after, PAGE))
        if (!found) {
          this.witness.complain('world', `${stream} cannot be read in the end`)
          break
        }
        for (const { seq, payload } of found.events) {
          events.push({ seq, event: JSON.parse(payload) as JournalEvent })
        }
        if (found.through === after) break
        after = found.through
      }
      const head = await this.#ask(node.journal.head(stream))
      const position = `${node.journal.epoch}:${head}`
      this.witness.see({ kind: 'journal', stream, position, events })
    }
    for (const device of this.devices) {
      for (const { stream, view } of device.streams()) {
        if (view.position === null || view.phase === 'gone') continue
        const { position, state } = view
        this.witness.see({ kind: 'state', device: device.name, stream, position, state })
      }
    }
  }

  #outcome(): Outcome {
    const { violations, counts, hash } = this.witness.end()
    const { complaints, tail } = this.witness
    const { happened, now } = this.schedule
    return { violations, complaints, counts, hash, tail, happened, virtualMs: now }
  }
}

/** @throws never for what goes wrong in the world: the outcome says it. */
export const simulate = (plan: Plan): Promise<Outcome> => new World(plan).live()
