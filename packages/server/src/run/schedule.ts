interface Job {
  keys: readonly string[]
  userId: string
  begin: () => void
}

export interface Place {
  /** Of jobs that share a key one runs at a time. */
  keys: readonly string[]
  userId: string
}

/**
 * Who may run now: one at a time for each key (runs of one thread share one, so that answers never
 * interleave), and at most so many per user and per node. Those who wait are served in the order
 * they came, as room allows.
 */
export class Schedule {
  readonly #limits: { perUser: number; perNode: number }
  readonly #busy = new Set<string>()
  readonly #activeByUser = new Map<string, number>()
  #waiting: Job[] = []
  #active = 0

  constructor(limits: { perUser: number; perNode: number }) {
    this.#limits = limits
  }

  /** Runs `work` when there is room; resolves after it ended. `release` frees a key before that. */
  async add(place: Place, work: (release: (key: string) => void) => Promise<void>): Promise<void> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ ...place, begin })
      this.#next()
    })
    const held = new Set(place.keys)
    const release = (key: string): void => {
      if (!held.delete(key)) return
      this.#busy.delete(key)
      this.#next()
    }
    try {
      await work(release)
    } finally {
      for (const key of held) this.#busy.delete(key)
      this.#active -= 1
      const left = (this.#activeByUser.get(place.userId) ?? 1) - 1
      if (left > 0) this.#activeByUser.set(place.userId, left)
      else this.#activeByUser.delete(place.userId)
      this.#next()
    }
  }

  /** Why something would not begin at once; undefined when it would. */
  holdUp({ keys, userId }: Place): 'key' | 'user' | 'node' | undefined {
    if (keys.some((key) => this.#busy.has(key))) return 'key'
    if (this.#active >= this.#limits.perNode) return 'node'
    return (this.#activeByUser.get(userId) ?? 0) >= this.#limits.perUser ? 'user' : undefined
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
      if (!hasRoom || job.keys.some((key) => this.#busy.has(key))) return true
      for (const key of job.keys) this.#busy.add(key)
      this.#activeByUser.set(job.userId, mine + 1)
      this.#active += 1
      job.begin()
      return false
    })
  }
}
