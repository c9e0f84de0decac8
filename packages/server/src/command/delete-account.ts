import { userStream } from '../journal/journal.ts'
import type { UserId } from '../platform/ids.ts'
import { deleteThread } from './delete-thread.ts'
import { done, type Outcome } from './outcome.ts'
import { sealOwner } from './owner.ts'
import type { CommandParts } from './parts.ts'

/**
 * Erases all that the user has here: conversations, files, what their devices were told, and the
 * answers that make a retry safe. Who they are is the account store's to forget. Doing it twice does
 * no harm, so that a crash in the middle is followed by doing it again. `gone`: the account is no
 * more, and what was asked for in its name before is refused from here on.
 */
export async function deleteAccount(
  parts: CommandParts,
  userId: UserId,
  account: 'there' | 'gone',
): Promise<Outcome<Record<string, never>>> {
  const { journal, files } = parts
  const { db } = journal
  if (account === 'gone') await journal.write([sealOwner(parts, userId)])
  await parts.leaving?.(userId)
  const threads = await db.selectFrom('thread').select('id').where('user_id', '=', userId).execute()
  for (const { id } of threads) await deleteThread(parts, userId, id)
  for (const { fileId } of await files.list(userId)) await files.remove(userId, fileId)
  await journal.commit({
    appends: [],
    rows: [
      db.deleteFrom('idempotency').where('user_id', '=', userId).compile(),
      db.deleteFrom('approval').where('user_id', '=', userId).compile(),
      db.deleteFrom('approval_asked').where('user_id', '=', userId).compile(),
      db.deleteFrom('tool_unasked').where('user_id', '=', userId).compile(),
      // Also of threads that a version before erased, which did not know of timelines.
      db.deleteFrom('run_timeline').where('user_id', '=', userId).compile(),
      ...(parts.spending?.forgetPerson(userId) ?? []),
      db.deleteFrom('mcp_token').where('user_id', '=', userId).compile(),
      db.deleteFrom('mcp_oauth_state').where('user_id', '=', userId).compile(),
      db
        .deleteFrom('mcp_oauth_client')
        .where(
          'server_id',
          'in',
          db.selectFrom('mcp_server').select('id').where('user_id', '=', userId),
        )
        .compile(),
      db
        .deleteFrom('mcp_consent')
        .where(
          'server_id',
          'in',
          db.selectFrom('mcp_server').select('id').where('user_id', '=', userId),
        )
        .compile(),
      db.deleteFrom('mcp_server').where('user_id', '=', userId).compile(),
      db.deleteFrom('note').where('user_id', '=', userId).compile(),
      db.deleteFrom('memory_choice').where('user_id', '=', userId).compile(),
      db.deleteFrom('workload_mapping').where('user_id', '=', userId).compile(),
      db.deleteFrom('plan').where('user_id', '=', userId).compile(),
      db.deleteFrom('span_batch').where('user_id', '=', userId).compile(),
      db.deleteFrom('span_service').where('user_id', '=', userId).compile(),
      db.deleteFrom('thread_summary').where('user_id', '=', userId).compile(),
      db.deleteFrom('snapshot').where('stream', '=', userStream(userId)).compile(),
    ],
    erase: [{ stream: userStream(userId) }],
  })
  return done({})
}
