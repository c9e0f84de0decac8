import type { Account } from '../accounts.ts'
import type { CheckContext } from '../context.ts'

/** Takes away what a check wrote into an account that stays; accounts of ours are erased whole. */
export async function tidy(
  { http }: CheckContext,
  account: Account,
  threadIds: readonly string[],
): Promise<void> {
  if (account.isOurs) return
  const { token } = account
  for (const id of new Set(threadIds)) {
    const path = `/api/threads/${encodeURIComponent(id)}`
    await http.ask(path, { method: 'DELETE', token, expect: [204, 404] })
  }
}
