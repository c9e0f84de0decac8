import { createHash } from 'node:crypto'

import {
  createAuditor,
  type Audit,
  type Observation,
} from '../../packages/validator/src/auditor/auditor.ts'
import type { Schedule } from './schedule.ts'

/** Lines of the trace that are kept for whoever looks for a cause. */
const TAIL = 4_000

/** Writes down all that happens, in one order, and hands what it sees to the auditor. */
export class Witness {
  readonly #schedule: Schedule
  readonly #auditor = createAuditor()
  readonly #hash = createHash('sha256')
  readonly tail: string[] = []
  /** Of which somebody has seen an event, there still or not. */
  readonly streams = new Set<string>()
  /** What the auditor cannot see: a shipped module threw where it must not, or never came to rest. */
  readonly complaints: string[] = []

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  note(who: string, what: string): void {
    const line = `${this.#schedule.now.toFixed(3)} ${who}: ${what}`
    this.#hash.update(line).update('\n')
    this.tail.push(line)
    if (this.tail.length > TAIL * 2) this.tail.splice(0, TAIL)
  }

  complain(who: string, what: string): void {
    this.note(who, `COMPLAINT ${what}`)
    this.complaints.push(`${who}: ${what}`)
  }

  see(observation: Observation): void {
    this.note('seen', JSON.stringify(observation))
    if (observation.kind === 'committed') this.streams.add(observation.stream)
    this.#auditor.see(observation)
  }

  /** Once, at the end. */
  end(): Audit & { hash: string } {
    return { ...this.#auditor.end(), hash: this.#hash.digest('hex') }
  }
}
