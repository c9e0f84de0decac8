import { randomFillSync } from 'node:crypto'

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

const RANDOM_BYTES = 8
/** Asking the system for so many at once costs as much as asking for one. */
const pool = new Uint8Array(512 * RANDOM_BYTES)
let used = pool.length

function nextRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += RANDOM_BYTES
  return pool.subarray(used - RANDOM_BYTES, used)
}

let lastTime = 0
let counter = 0

/**
 * UUIDv7 whose 12 bits after the time count within one millisecond, so that ids made one after the
 * other by this process sort in that order, also when the clock steps back.
 */
export function uuidv7(now: number = Date.now(), random: Uint8Array = nextRandom()): string {
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

/**
 * For a world whose time and random begin anew: its first id may be older than the last one made
 * here, and takes no bytes that were drawn before.
 */
export function restartIds(): void {
  lastTime = 0
  counter = 0
  used = pool.length
}

/** Makes a new id of the kind that the caller names: `newId<ThreadId>()`. */
export const newId = <Kind extends string>(): NoInfer<Kind> => uuidv7() as NoInfer<Kind>

/**
 * Text from outside becomes an id of one kind here, and nowhere else. The kind must be named: it is
 * never guessed from where the answer goes.
 */
export const asId = <Kind extends string>(text: string): NoInfer<Kind> => text as NoInfer<Kind>
