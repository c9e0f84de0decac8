import { JournalUnavailable } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'
import type { Accepted } from './accept.ts'
import { cancelRun } from './cancel-run.ts'
import { createThread } from './create-thread.ts'
import { decide, type Decide } from './decide.ts'
import { deleteAccount } from './delete-account.ts'
import { deleteThread } from './delete-thread.ts'
import { refuse, type Outcome } from './outcome.ts'
import { unsealOwner } from './owner.ts'
import type { CommandParts } from './parts.ts'
import { regenerate, type Regenerate } from './regenerate.ts'
import { sendMessage, type SendMessage } from './send-message.ts'
import { stopAll, type StopOrder } from './stop-all.ts'
import { stopRunsOf } from './stop-runs.ts'
import { updateThread, type ThreadChange } from './update-thread.ts'

export type { StopOrder } from './stop-all.ts'
export type { Accepted, Decide, Outcome, Regenerate, SendMessage, ThreadChange }
export type { Refusal, RefusalCode } from './outcome.ts'
/** What reads of the store throw while it cannot be trusted. */
export { JournalUnavailable as StoreUnavailable } from '../journal/journal.ts'
export { startRetention, type Retention } from './retention.ts'
export { createTimelines, type ShownRunTimeline, type Timelines } from './timelines.ts'
export { FileRefused, type Files, type StoredFile } from '../files/files.ts'

/**
 * What a user can want. Every adapter (socket, HTTP, classic) comes through here; each command
 * checks rights by `access/`, is idempotent where the wire says so, and answers with an outcome,
 * never an exception, for what the caller can do something about.
 */
export interface Commands {
  sendMessage(userId: UserId, message: SendMessage): Promise<Outcome<Accepted>>
  regenerate(userId: UserId, message: Regenerate): Promise<Outcome<Accepted>>
  cancelRun(userId: UserId, runId: string): Promise<Outcome<Record<string, never>>>
  decide(userId: UserId, decision: Decide): Promise<Outcome<Record<string, never>>>
  createThread(
    userId: UserId,
    thread: { title?: string | undefined },
  ): Promise<Outcome<{ thread_id: string }>>
  updateThread(
    userId: UserId,
    threadId: string,
    change: ThreadChange,
  ): Promise<Outcome<{ thread_id: string }>>
  deleteThread(userId: UserId, threadId: string): Promise<Outcome<Record<string, never>>>
  /** Stops all that runs or waits for this user; answers how much that was. */
  stopRunsOf(userId: UserId): Promise<number>
  /** Of an administrator: see `stopAll`; answers how many runs were open. */
  stopAll(order: StopOrder): Promise<number>
  /** Erases all that the user has; the account itself is the account store's. */
  deleteAccount(userId: UserId, account: 'there' | 'gone'): Promise<Outcome<Record<string, never>>>
  /** The id of an account that is gone may be given again. */
  freeAccountId(userId: UserId): Promise<void>
}

export const createCommands = (parts: CommandParts): Commands => ({
  sendMessage: (userId, message) => whileStored(sendMessage(parts, userId, message)),
  regenerate: (userId, message) => whileStored(regenerate(parts, userId, message)),
  cancelRun: (userId, runId) => whileStored(cancelRun(parts, userId, runId)),
  decide: (userId, decision) => whileStored(decide(parts, userId, decision)),
  createThread: (userId, thread) => whileStored(createThread(parts, userId, thread)),
  updateThread: (userId, threadId, change) =>
    whileStored(updateThread(parts, userId, threadId, change)),
  deleteThread: (userId, threadId) => whileStored(deleteThread(parts, userId, threadId)),
  stopRunsOf: (userId) => stopRunsOf(parts, userId),
  async stopAll(order) {
    const { spending } = parts
    if (!spending) throw new Error('this process heeds no orders to stop')
    return stopAll({ ...parts, spending }, order)
  },
  deleteAccount: (userId, account) => whileStored(deleteAccount(parts, userId, account)),
  async freeAccountId(userId) {
    await parts.journal.write([unsealOwner(parts.journal, userId)])
  },
})

const RETRY_MS = 2_000

/** A store that cannot be trusted with a command is told to the caller, who keeps the command. */
async function whileStored<Answer>(command: Promise<Outcome<Answer>>): Promise<Outcome<Answer>> {
  try {
    return await command
  } catch (error) {
    if (!(error instanceof JournalUnavailable)) throw error
    return refuse(
      'unavailable',
      'Netra cannot store anything right now, so nothing was accepted. /health says why.',
      'after',
      RETRY_MS,
    )
  }
}
