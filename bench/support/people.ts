import { openAuth, type Auth } from '../../packages/server/src/auth/auth.ts'
import type { Journal, StreamName } from '../../packages/server/src/journal/journal.ts'
import { newId, type ThreadId, type UserId } from '../../packages/server/src/platform/ids.ts'

/** A program of a user, with the thread that it follows. */
export interface Follower {
  token: string
  stream: StreamName
  threadId: ThreadId
  userId: UserId
}

/** Below the limit of sockets that one account may hold. */
const SOCKETS_EACH = 20

/** Real accounts with real tokens, 20 sockets each, and a thread of its own for every socket. */
export async function makeFollowers(
  auth: Auth,
  journal: Journal,
  count: number,
): Promise<Follower[]> {
  const accounts = Array.from({ length: Math.ceil(count / SOCKETS_EACH) }, async (_, index) => {
    const registered = await auth.register({
      email: `bench${index}@example.com`,
      password: 'correct horse battery',
      address: '127.0.0.1',
      fromLoopback: true,
    })
    if (registered === 'verify_email') throw new Error('registration sends no e-mail here')
    const { answer, identity } = registered
    return { token: answer.access_token, userId: identity.userId }
  })
  const people = await Promise.all(accounts)
  const followers = Array.from({ length: count }, (_, index): Follower => {
    const person = people[Math.floor(index / SOCKETS_EACH)]
    if (!person) throw new Error(`nobody for socket ${index}`)
    const { token, userId } = person
    const threadId = newId<ThreadId>()
    return { token, userId, threadId, stream: `thread:${threadId}` }
  })
  await journal.write(followers.map((follower) => threadRow(journal, follower)))
  return followers
}

function threadRow({ db }: Journal, { threadId, userId }: Follower) {
  const at = new Date().toISOString()
  return db
    .insertInto('thread')
    .values({
      id: threadId,
      user_id: userId,
      title: 'bench',
      titled: 1,
      archived: 0,
      message_count: 0,
      metadata: '{}',
      created_at: at,
      updated_at: at,
    })
    .compile()
}

/** The account store as shipped; registration of many at once is what the limits are for. */
export const openAccounts = (folder: string, publicUrl: string): Promise<Auth> =>
  openAuth({ folder, publicUrl, limits: { perAddress: 100_000 } })
