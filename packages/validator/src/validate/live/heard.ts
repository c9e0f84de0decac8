/** A message of either codec, as it stands on the wire. */
export type Message = Record<string, unknown> & { type: string }

/** One message of the server's, and when its frame came, by performance.now(). */
export interface Heard {
  atMs: number
  message: Message
}

export const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** A field that should be an object; empty where it is none, so that one check tells of it. */
export const objectIn = (value: unknown, name: string): Record<string, unknown> => {
  const inner =
    typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)[name]
      : undefined
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}

/** The types of messages in their order, repeated ones counted, for a sentence. */
export function typesOf(messages: readonly Message[]): string {
  const runs: { type: string; count: number }[] = []
  for (const { type } of messages) {
    const last = runs.at(-1)
    if (last?.type === type) last.count += 1
    else runs.push({ type, count: 1 })
  }
  const words = runs.map(({ type, count }) => (count === 1 ? type : `${type} ×${count}`))
  return words.length === 0 ? 'nothing' : words.join(', ')
}
