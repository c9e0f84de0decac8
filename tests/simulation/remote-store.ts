import type { Commit, StreamName } from '../../packages/server/src/journal/journal.ts'
import {
  StoreLost,
  type Known,
  type SharedStore,
} from '../../packages/server/src/journal/postgres/shared-store.ts'
import type { Row, Statement } from '../../packages/server/src/platform/statement.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'
import type { SharedDatabase } from './shared-database.ts'

const GIVE_UP_MS = 10_000

type Limit = { events: number; bytes: number }

/** The way from one node to the database: late, at times cut, at times in one direction only. */
export class StoreLink {
  state: 'whole' | 'cut' | 'answers are lost' = 'whole'
}

/** What a node holds of the database. */
export class RemoteStore implements SharedStore {
  readonly #host: Host
  readonly #random: Random
  readonly #database: SharedDatabase
  readonly #link: StoreLink

  constructor(parts: { host: Host; random: Random; database: SharedDatabase; link: StoreLink }) {
    this.#host = parts.host
    this.#random = parts.random
    this.#database = parts.database
    this.#link = parts.link
  }

  check = () => this.#ask(() => this.#database.epoch)
  commit = (commits: readonly Commit[], known: Known) =>
    this.#ask(() => this.#database.commit(commits, known))
  heads = (streams: readonly StreamName[]) =>
    this.#ask(() => ({ epoch: this.#database.epoch, streams: this.#database.heads(streams) }))
  read = (stream: StreamName, after: number, limit: Limit) =>
    this.#ask(() => this.#database.read(stream, after, limit))
  readKept = (stream: StreamName, after: number, limit: Limit) =>
    this.#ask(() => this.#database.readKept(stream, after, limit))
  query = <R extends Row = Row>(statement: Statement) =>
    this.#ask(() => this.#database.query<R>(statement))
  compact = () => Promise.reject(new StoreLost('nothing is compacted here'))
  beginEpoch = () => this.#ask(() => this.#database.epoch)
  reseal = () => this.#ask(() => this.#database.epoch)
  scrub = async () => undefined
  async [Symbol.asyncDispose](): Promise<void> {}

  /**
   * A question on its way is answered by the database even when the node that asked is gone or cut
   * off by then: it was sent.
   */
  #ask<Answer>(question: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isSlow = this.#random.chance(0.02)
      const wayMs = () => this.#random.next() * (isSlow ? 300 : 4)
      const lose = () => reject(new StoreLost('the database does not answer'))
      const cancel = this.#host.after(GIVE_UP_MS, lose)
      if (this.#link.state === 'cut') return
      this.#host.schedule.after(wayMs(), () => {
        let answer: Answer
        try {
          answer = question()
        } catch (error) {
          cancel()
          this.#host.after(wayMs(), () => reject(error))
          return
        }
        this.#host.schedule.after(wayMs(), () => {
          if (this.#link.state !== 'whole') return
          this.#host.run(() => {
            cancel()
            resolve(answer)
          })
        })
      })
    })
  }
}
