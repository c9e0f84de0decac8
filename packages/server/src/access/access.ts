import type { Expectation, Journal, RunRow, StreamName, ThreadRow } from '../journal/journal.ts'
import { asId, type RunId, type ThreadId, type UserId } from '../platform/ids.ts'
import { streamOwner } from './policy.ts'

/**
 * May you: the only place that decides who may see or change what. Another user's thing and a thing
 * that does not exist are the same answer everywhere: undefined.
 *
 * Text from outside becomes the id of a thread or a run here, by finding the user's row of that kind:
 * whoever holds a `ThreadId` from a row cannot hold a run's or a connection's id in its place.
 */
export interface Access {
  thread(userId: UserId, threadId: string): Promise<ThreadRow | undefined>
  run(userId: UserId, runId: string): Promise<RunRow | undefined>
  /** The run that a message of this client id began. */
  runOfMessage(userId: UserId, clientMessageId: string): Promise<RunRow | undefined>
  /** Newest first; `isOpen` leaves out what has ended. */
  runs(
    userId: UserId,
    which: { threadId?: ThreadId | undefined; isOpen?: boolean; limit: number },
  ): Promise<RunRow[]>
  /** The stream, if this user may read it. */
  stream(userId: UserId, stream: string): Promise<StreamName | undefined>
  /** Ownership again, inside the transaction that acts on it. */
  expectThread(userId: UserId, threadId: ThreadId): Expectation
}

export function createAccess(journal: Pick<Journal, 'db' | 'query'>): Access {
  const { db } = journal
  // Asked once for each stream of each hello: built once.
  const ownership = db
    .selectFrom('thread')
    .select('id')
    .where('id', '=', asId<ThreadId>(''))
    .where('user_id', '=', asId<UserId>(''))
    .compile().sql
  const owns = async (userId: UserId, threadId: string): Promise<boolean> =>
    (await journal.query({ sql: ownership, parameters: [threadId, userId] })).length > 0
  const thread = (userId: UserId, threadId: string): Promise<ThreadRow | undefined> =>
    db
      .selectFrom('thread')
      .selectAll()
      .where('id', '=', asId<ThreadId>(threadId))
      .where('user_id', '=', userId)
      .executeTakeFirst()

  return {
    thread,
    run: (userId, runId) =>
      db
        .selectFrom('run')
        .selectAll()
        .where('id', '=', asId<RunId>(runId))
        .where('user_id', '=', userId)
        .executeTakeFirst(),
    runOfMessage: (userId, clientMessageId) =>
      db
        .selectFrom('run')
        .selectAll()
        .where('user_id', '=', userId)
        .where('client_message_id', '=', clientMessageId)
        .executeTakeFirst(),
    runs(userId, { threadId, isOpen = false, limit }) {
      let query = db.selectFrom('run').selectAll().where('user_id', '=', userId)
      if (threadId !== undefined) query = query.where('thread_id', '=', threadId)
      if (isOpen) query = query.where('state', 'in', ['queued', 'running', 'waiting'])
      return query.orderBy('id', 'desc').limit(limit).execute()
    },
    async stream(userId, stream) {
      const owner = streamOwner(stream)
      if (owner.kind === 'none') return undefined
      if (owner.kind === 'user') return owner.userId === userId ? owner.stream : undefined
      return (await owns(userId, owner.threadId)) ? owner.stream : undefined
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

export {
  createApprovals,
  type Approvals,
  type KeptApproval,
  type ShownApproval,
} from './approvals.ts'
export { createThreads, type ShownMessage, type ShownThread, type Threads } from './threads.ts'
