import { parsePosition } from '@netra/protocol'

import type { Known } from './known.ts'
import type { Judge, Report, Seen } from './report.ts'

/** When nothing disturbs any more, every device comes to the head of what it follows. */
export class Convergence implements Judge {
  readonly #report: Report
  readonly #known: Known
  readonly #last = new Map<string, { device: string; stream: string; position: string }>()

  constructor(report: Report, known: Known) {
    this.#report = report
    this.#known = known
  }

  state({ device, stream, position }: Seen<'state'>): void {
    if (!this.#known.isCalm) return
    this.#last.set(JSON.stringify([device, stream]), { device, stream, position })
  }

  end(): void {
    for (const { device, stream, position } of this.#last.values()) {
      const chapter = this.#known.newest(stream)
      if (!chapter || (chapter.read === undefined && !chapter.committed)) continue
      const head = chapter.read ?? chapter.head
      const at = parsePosition(position)
      if (at?.epoch === chapter.epoch && at.seq === head) continue
      if (at?.epoch === chapter.epoch) this.#report.counts.lost += Math.max(0, head - at.seq)
      const detail = `it stayed at ${position}; the head is ${chapter.epoch}:${head}`
      this.#report.violation('convergence', { device, stream }, detail)
    }
  }
}
