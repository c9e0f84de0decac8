import type { Expectation, Journal, RunRow, StreamName, ThreadRow } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'
import { streamOwner } from './policy.ts'

/**
 * May you: the only place that decides who may see or change what. Another user's thing and a thing
 * that does not exist are the same answer everywhere: undefined.
 */
export interface Access {
  thread(userId: UserId, threadId: string): Promise<ThreadRow | undefined>
  run(userId: UserId, runId: string): Promise<RunRow | undefined>
  /** The stream, if this user may read it. */
  stream(userId: UserId, stream: string): Promise<StreamName | undefined>
  /** Ownership again, inside the transaction that acts on it. */
  expectThread(userId: UserId, threadId: string): Expectation
}

export function createAccess(journal: Pick<Journal, 'db'>): Access {
  const { db } = journal
  const thread = (userId: UserId, threadId: string): Promise<ThreadRow | undefined> =>
    db
      .selectFrom('thread')
      .selectAll()
      .where('id', '=', threadId)
      .where('user_id', '=', userId)
      .executeTakeFirst()

  return {
    thread,
    run: (userId, runId) =>
      db
        .selectFrom('run')
        .selectAll()
        .where('id', '=', runId)
        .where('user_id', '=', userId)
        .executeTakeFirst(),
    async stream(userId, stream) {
      const owner = streamOwner(stream)
      if (owner.kind === 'none') return undefined
      if (owner.kind === 'user') return owner.userId === userId ? owner.stream : undefined
      return (await thread(userId, owner.threadId)) ? owner.stream : undefined
    },
    expectThread: (userId, threadId) => ({
      name: 'thread',
      rows: 'some',
      query: db
        .selectFrom('thread')
        .select('id')
        .where('id', '=', threadId)
        .where('user_id', '=', userId)
        .compile(),
    }),
  }
}

export { createThreads, type ShownMessage, type ShownThread, type Threads } from './threads.ts'
