import { setTimeout as after } from 'node:timers/promises'

import { createAuditor, type Observation } from '../auditor/auditor.ts'
import { seededRandom, type Random } from '../faults/random.ts'
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts'
import { Memory } from './memory.ts'
import type { OwnServer } from './own-server.ts'
import { LoginSession, type Person } from './people.ts'
import type { Plan, TransportKind } from './plan.ts'
import { RequestTransport, type FallbackPaths } from './request-transport.ts'
import type { Route } from './route.ts'
import { SocketTransport } from './socket-transport.ts'
import type { Notes, Transport } from './transport.ts'

/** What ought to happen happens within this time once faults have stopped. */
export const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 100

/** The server under test and everybody who has an account there. */
export interface World {
  route: Route
  target: { host: string; port: number }
  socketUrl: string
  /** Undefined where the server has none. */
  fallback: FallbackPaths | undefined
  people: readonly Person[]
  /** A table of each person, by user id. */
  files: ReadonlyMap<string, string>
  /** The server is ours to kill. */
  own: OwnServer | undefined
  stop: AbortSignal
}

export interface Device {
  person: number
  memory: Memory
  transport: Transport
  session: LoginSession
  /** Undefined for those that nothing disturbs. */
  proxy: TcpProxy | undefined
}

/**
 * Where one plan is played: its devices, and one witness for each person that goes straight to the
 * server. A `scout` sees a person's stream alone; a `reader` comes when all is over.
 */
export class Stage {
  readonly world: World
  readonly plan: Plan
  readonly auditor = createAuditor()
  readonly notes: Notes = { closes: new Map(), problems: [] }
  readonly devices: Device[] = []
  readonly witnesses = new Map<number, Device>()
  /** Threads that were made here, by person, the newest last. */
  readonly threads = new Map<number, string[]>()
  /** Steps under way, and commands that wait for their answer. */
  readonly pending = new Set<Promise<unknown>>()
  /** A kill is under way. */
  isDown = false
  readonly #random: Random
  readonly #ignored = new Map<number, ReadonlySet<string>>()
  #names = 0

  constructor(world: World, plan: Plan, seed: number) {
    this.world = world
    this.plan = plan
    this.#random = seededRandom(seed)
  }

  get everybody(): Device[] {
    return [...this.devices, ...this.witnesses.values()]
  }

  async gather(): Promise<void> {
    for (const person of new Set(this.plan.devices.map((device) => device.person))) {
      this.#ignored.set(person, await this.#threadsBefore(person))
      this.witnesses.set(person, await this.enter(person, 'witness'))
    }
    for (const { person, transport } of this.plan.devices) {
      this.devices.push(await this.enter(person, 'device', transport))
    }
  }

  async enter(
    person: number,
    role: 'device' | 'witness' | 'reader' | 'scout',
    kind: TransportKind = 'socket',
  ): Promise<Device> {
    const { fallback: paths, people, route, socketUrl, target } = this.world
    const somebody = people[person]
    if (!somebody) throw new Error(`there is no person ${person}`)
    this.#names += 1
    const memory = new Memory({
      // A page is known by its name: two plans at once must not share one.
      name: `${role}-${this.plan.number}.${this.#names}-of-${person}`,
      user: somebody.userId,
      observe: (seen: Observation) => this.auditor.see(seen),
      ignored: this.#ignored.get(person) ?? new Set(),
      followsThreads: role !== 'scout',
    })
    const session = await this.#patiently(() => LoginSession.begin(route, somebody))
    const proxy =
      role === 'device' ? await startTcpProxy({ target, random: this.#random.fork() }) : undefined
    const common = {
      memory,
      session,
      route: proxy ? { ...route, port: proxy.port } : route,
      random: this.#random.fork(),
      notes: this.notes,
    }
    const transport =
      kind === 'socket' || !paths
        ? new SocketTransport({ ...common, socketUrl })
        : new RequestTransport({ ...common, kind, paths })
    transport.start()
    return { person, memory, transport, session, proxy }
  }

  track(work: Promise<unknown>): void {
    this.pending.add(work)
    void this.#settle(work)
  }

  async #settle(work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (this.world.stop.aborted) return
      const why = error instanceof Error ? error.message : String(error)
      this.notes.problems.push({ device: 'the plan', detail: `a step failed: ${why}` })
    } finally {
      this.pending.delete(work)
    }
  }

  /** True once it is; false when patience ends first. @throws when the run is interrupted. */
  async wait(isTrue: () => boolean): Promise<boolean> {
    const begun = performance.now()
    while (!isTrue()) {
      if (performance.now() - begun > PATIENCE_MS) return false
      await this.after(LOOK_EVERY_MS)
    }
    return true
  }

  after(ms: number): Promise<void> {
    return after(ms, undefined, { signal: this.world.stop })
  }

  async leave(): Promise<void> {
    await Promise.all(this.everybody.map(({ transport }) => transport.stop()))
    for (const { proxy } of this.devices) await proxy?.[Symbol.asyncDispose]()
  }

  /** Threads that were there already are nobody's business here. */
  async #threadsBefore(person: number): Promise<Set<string>> {
    const { memory, transport } = await this.enter(person, 'scout')
    const copy = memory.copies.get(`user:${memory.user}`)
    await this.wait(() => copy?.isLive ?? false)
    await transport.stop()
    return new Set(copy && 'threads' in copy.state ? copy.state.threads.map(({ id }) => id) : [])
  }

  /** A server that is down for a moment is waited for. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now()
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (performance.now() - begun > PATIENCE_MS) throw error
        await this.after(LOOK_EVERY_MS)
      }
    }
  }
}
