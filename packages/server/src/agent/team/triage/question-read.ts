/**
 * The readers of questions take time that grows faster than the text, on the thread that serves
 * everybody. Who pastes a document asks before it or after it.
 */
const FIRST_CHARACTERS = 3_000
const LAST_CHARACTERS = 1_000
const BETWEEN = '\n…\n'

export const MOST_CHARACTERS = FIRST_CHARACTERS + BETWEEN.length + LAST_CHARACTERS

/** What of a message is read as the question: all of it, or its beginning and its end. */
export function questionRead(message: string): string {
  if (message.trim() === '') return 'Give me an overview.'
  if (message.length <= MOST_CHARACTERS) return message
  return message.slice(0, FIRST_CHARACTERS) + BETWEEN + message.slice(-LAST_CHARACTERS)
}
