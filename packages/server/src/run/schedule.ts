interface Job {
  threadId: string
  userId: string
  begin: () => void
}

/**
 * Who may run now: one run at a time per thread, so that answers never interleave, and at most so
 * many per user and per node. Those who wait are served in the order they came, as room allows.
 */
export class Schedule {
  readonly #limits: { perUser: number; perNode: number }
  readonly #busyThreads = new Set<string>()
  readonly #activeByUser = new Map<string, number>()
  #waiting: Job[] = []
  #active = 0

  constructor(limits: { perUser: number; perNode: number }) {
    this.#limits = limits
  }

  /** Runs `work` when there is room; resolves after it ended. */
  async add(place: { threadId: string; userId: string }, work: () => Promise<void>): Promise<void> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ ...place, begin })
      this.#next()
    })
    try {
      await work()
    } finally {
      this.#busyThreads.delete(place.threadId)
      this.#active -= 1
      const left = (this.#activeByUser.get(place.userId) ?? 1) - 1
      if (left > 0) this.#activeByUser.set(place.userId, left)
      else this.#activeByUser.delete(place.userId)
      this.#next()
    }
  }

  /** How many runs of a user are here, active or waiting. */
  countOf(userId: string): number {
    const waiting = this.#waiting.filter((job) => job.userId === userId).length
    return waiting + (this.#activeByUser.get(userId) ?? 0)
  }

  status(): { active: number; queued: number } {
    return { active: this.#active, queued: this.#waiting.length }
  }

  #next(): void {
    this.#waiting = this.#waiting.filter((job) => {
      const mine = this.#activeByUser.get(job.userId) ?? 0
      const hasRoom = this.#active < this.#limits.perNode && mine < this.#limits.perUser
      if (!hasRoom || this.#busyThreads.has(job.threadId)) return true
      this.#busyThreads.add(job.threadId)
      this.#activeByUser.set(job.userId, mine + 1)
      this.#active += 1
      job.begin()
      return false
    })
  }
}
