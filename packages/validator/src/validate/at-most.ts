import { CheckFailure } from './outcome.ts'

/** Of one answer, unpacked. No answer of Netra that a check reads is as large. */
export const MOST_CHARS = 4 * 1024 * 1024
/** Of all that comes over one connection that stays open. */
export const MOST_OF_CONNECTION = 64 * 1024 * 1024
/** Of one frame. */
export const MOST_OF_FRAME = 16 * 1024 * 1024

export const TOO_MUCH = 'more than 4 MB'

/** Text that comes in parts and does not grow for ever. */
export class BoundedText {
  text = ''

  /** @throws CheckFailure when it is too much; what reads is to be ended then. */
  add(part: string): void {
    if (this.text.length + part.length > MOST_CHARS) throw new CheckFailure(TOO_MUCH)
    this.text += part
  }
}

/** The body of an answer. @throws CheckFailure when it is too much */
export async function textOf(response: Response): Promise<string> {
  const bounded = new BoundedText()
  const decoder = new TextDecoder()
  // Leaving the loop by an error cancels the body.
  for await (const chunk of response.body ?? []) {
    bounded.add(decoder.decode(chunk, { stream: true }))
  }
  bounded.add(decoder.decode())
  return bounded.text
}
