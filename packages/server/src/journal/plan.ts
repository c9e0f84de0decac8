import type { Plan } from './journal.ts'

/** A reader that is further behind gets a snapshot instead of the events. */
export const REPLAY_LIMIT = 500

const POSITION = /^(.+):(0|[1-9]\d{0,15})$/s

export function parsePosition(position: string): { epoch: string; seq: number } | undefined {
  const [, epoch, digits] = POSITION.exec(position) ?? []
  const seq = Number(digits)
  return epoch !== undefined && Number.isSafeInteger(seq) ? { epoch, seq } : undefined
}

/** The answer to "where may I start", from what the reader claims and what the journal knows. */
export function planFrom(position: string | null, epoch: string, head: number): Plan {
  const claimed = position === null ? { epoch, seq: 0 } : parsePosition(position)
  if (!claimed) return { kind: 'unknown' }
  if (claimed.epoch !== epoch) return { kind: 'other_epoch', head }
  if (claimed.seq > head) return { kind: 'ahead', head }
  if (head - claimed.seq > REPLAY_LIMIT) return { kind: 'snapshot', why: 'too_old', head }
  return { kind: 'range', after: claimed.seq, head }
}
