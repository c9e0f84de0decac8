import type { Run } from '@netra/protocol'

import { spoken } from './spoken.ts'

/**
 * What a screen reader is told of an answer: that somebody works on it, what it waits for, and once it
 * is there its beginning; never each word as it comes.
 *
 * @param who the agent that answers, by name
 * @param asksAbout the tool call that waits for the person, in words
 */
export function announcement(
  { outcome }: Pick<Run, 'outcome'>,
  who: string,
  asksAbout: string | null,
): string {
  if (outcome === null)
    return asksAbout === null
      ? `${who} is working.`
      : `${who} waits for you: it asks about ${asksAbout}.`
  if (outcome.kind === 'completed') return `${who} answered: ${spoken(outcome.final_response)}`
  return outcome.kind === 'failed' ? `${who} failed: ${outcome.message}` : `${who} was stopped.`
}
