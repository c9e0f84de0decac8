/**
 * The grammar takes time that grows faster than the text, on the thread that serves everybody. No
 * question of a person is as long as this; a pasted document is.
 */
export const MOST_CHARACTERS = 4_000

export const isTooLong = (message: string): boolean => message.length > MOST_CHARACTERS
