import { z } from 'zod'

const WELL_FORMED = /^([^:\s]{1,64}):(0|[1-9]\d{0,15})$/

/**
 * `"<epoch>:<seq>"`. Clients compare positions for equality only: between epochs no order exists.
 */
export const positionSchema = z.string().regex(WELL_FORMED).brand<'Position'>()

export type Position = z.infer<typeof positionSchema>

/**
 * A position as a client claims it: any short text, or null for "before the first event". What does
 * not parse is answered with a snapshot, so a reader with a broken cursor recovers by itself.
 */
export const claimedPositionSchema = z.string().max(128).nullable()

export interface PositionParts {
  epoch: string
  seq: number
}

/** Undefined when the text is no position or its `seq` is beyond what a number holds exactly. */
export function parsePosition(text: string): PositionParts | undefined {
  const match = WELL_FORMED.exec(text)
  const epoch = match?.[1]
  const seq = Number(match?.[2])
  return epoch !== undefined && Number.isSafeInteger(seq) ? { epoch, seq } : undefined
}

/** @throws RangeError when the parts cannot form a position. */
export function formatPosition(epoch: string, seq: number): Position {
  const text = `${epoch}:${seq}`
  const parsed = positionSchema.safeParse(text)
  if (!parsed.success || !Number.isSafeInteger(seq)) {
    throw new RangeError(
      `not a position: epoch ${JSON.stringify(epoch)}, seq ${seq}. An epoch is 1 to 64 characters without colon or space; seq is an integer from 0`,
    )
  }
  return parsed.data
}
