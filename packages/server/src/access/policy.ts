import { threadStream, userStream, type StreamName } from '../journal/journal.ts'
import { asId, type ThreadId, type UserId } from '../platform/ids.ts'

type StreamOwner =
  | { kind: 'user'; userId: string; stream: StreamName }
  | { kind: 'thread'; threadId: string; stream: StreamName }
  | { kind: 'none' }

/** Whose stream a name from outside stands for; ids are opaque and only compared. */
export function streamOwner(stream: string): StreamOwner {
  const colon = stream.indexOf(':')
  const id = stream.slice(colon + 1)
  if (colon < 0 || id.length < 1 || id.length > 128) return { kind: 'none' }
  switch (stream.slice(0, colon)) {
    case 'user':
      return { kind: 'user', userId: id, stream: userStream(asId<UserId>(id)) }
    case 'thread':
      return { kind: 'thread', threadId: id, stream: threadStream(asId<ThreadId>(id)) }
    default:
      return { kind: 'none' }
  }
}
