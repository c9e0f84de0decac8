import { randomBytes } from 'node:crypto'

/**
 * Ids are opaque text. What Netra makes is a UUIDv7 (RFC 9562 §5.7), so that ids made later sort
 * later; a user id may be any text of 1 to 128 characters and nothing parses it.
 */
declare const brand: unique symbol
type Id<Kind extends string> = string & { readonly [brand]: Kind }

export type UserId = Id<'user'>
export type ThreadId = Id<'thread'>
export type RunId = Id<'run'>
export type MessageId = Id<'message'>
export type ConnectionId = Id<'connection'>
export type DeviceId = Id<'device'>
export type FileId = Id<'file'>
export type SessionId = Id<'session'>
export type TraceId = Id<'trace'>
export type ToolCallId = Id<'tool_call'>

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

let lastTime = 0
let counter = 0

/**
 * UUIDv7 whose 12 bits after the time count within one millisecond, so that ids made one after the
 * other by this process sort in that order, also when the clock steps back.
 */
export function uuidv7(now: number = Date.now(), random: Uint8Array = randomBytes(8)): string {
  if (now > lastTime) {
    lastTime = Math.floor(now)
    counter = 0
  } else if (++counter > 0xfff) {
    lastTime += 1
    counter = 0
  }
  const time = lastTime.toString(16).padStart(12, '0')
  const count = counter.toString(16).padStart(3, '0')
  const tail = Uint8Array.from(random)
  tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80
  const rest = hex(tail)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${rest.slice(0, 4)}-${rest.slice(4)}`
}

/** Makes a new id of the kind that the caller names: `newId<ThreadId>()`. */
export const newId = <Kind extends string>(): Kind => uuidv7() as Kind

/** Text from outside becomes an id of one kind here, and nowhere else. */
export const asId = <Kind extends string>(text: string): Kind => text as Kind
