import { Host } from './host.ts'
import { traceLogger } from './log.ts'
import type { DiskFault, NodeStore } from './node-store.ts'
import { startNode, type Node } from './node.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { Wire } from './wire.ts'
import type { Witness } from './witness.ts'

interface PlaceParts {
  schedule: Schedule
  random: Random
  witness: Witness
  store: NodeStore
}

/** A machine: one process of Netra after the other, started again by a supervisor. */
export class Place {
  readonly name: string
  readonly store: NodeStore
  readonly #parts: PlaceParts
  readonly #wires = new Set<Wire>()
  #generation = 0
  #isStopping = false
  host: Host
  node: Node | undefined

  constructor(name: string, parts: PlaceParts) {
    this.name = name
    this.#parts = parts
    this.store = parts.store
    this.host = new Host(name, parts.schedule)
    this.#start()
  }

  accept(wire: Wire): void {
    const { node } = this
    if (!node || this.host.state === 'dead') return wire.refused()
    this.#wires.add(wire)
    this.host.after(1, () => node.accept(wire))
  }

  #start(): void {
    const { schedule, witness, store } = this.#parts
    this.#generation += 1
    this.#isStopping = false
    const host = new Host(`${this.name}.${this.#generation}`, schedule)
    host.wallOffset = this.host.wallOffset
    this.host = host
    const logger = traceLogger(witness, host.name)
    startNode({ host, logger, store }).then(
      (node) => {
        witness.note(host.name, 'is up')
        if (host === this.host && host.state !== 'dead') this.node = node
      },
      (error: unknown) => {
        if (host !== this.host || host.state === 'dead') return
        if (store.isSoleOwner) witness.complain(host.name, `cannot start: ${String(error)}`)
        else witness.note(host.name, `cannot start: ${String(error)}`)
        this.kill()
      },
    )
  }

  /** As SIGKILL, at this instant. */
  kill(fault?: DiskFault): void {
    const { random, schedule, store } = this.#parts
    if (this.host.state === 'dead') return
    this.host.kill()
    this.node = undefined
    for (const wire of this.#wires) {
      // A machine that loses its power says nothing; a process that dies has its sockets closed.
      if (random.chance(0.2)) wire.blacken('both')
      else wire.cut()
    }
    this.#wires.clear()
    store.left(fault)
    schedule.after(random.between(200, 4_000), () => this.#start())
  }

  /** As SIGTERM: it says goodbye and closes its store, then the supervisor starts the next one. */
  stop(fault?: DiskFault): void {
    const { witness } = this.#parts
    const { host, node } = this
    if (!node || this.#isStopping || host.state !== 'running') return
    this.#isStopping = true
    node[Symbol.asyncDispose]().then(
      () => {
        if (host !== this.host || host.state === 'dead') return
        witness.note(host.name, 'has stopped')
        this.kill(fault)
      },
      (error: unknown) => witness.complain(host.name, `cannot stop: ${String(error)}`),
    )
  }

  /** Ends it for good. */
  end(): void {
    if (this.host.state === 'dead') return
    this.host.kill()
    this.store.left()
  }
}
