import { z } from 'zod'

import { threadStateSchema } from '../fold/thread-state.ts'
import { userStateSchema } from '../fold/user-state.ts'
import { positionSchema } from '../position.ts'
import { streamNameSchema } from '../stream-name.ts'

/** The fold of a stream exactly at `position`; events follow from there. */
export const snapshotSchema = z.object({
  type: z.literal('snapshot'),
  stream: streamNameSchema,
  position: positionSchema,
  /** For logs: `too_old`, `compacted`, `too_far_behind`, `ahead`, `other_epoch`, `unknown`, … */
  why: z.string(),
  state: z.union([threadStateSchema, userStateSchema]),
})

/* The stream decides which state it is; a reader that knows the stream uses these. */
export const threadSnapshotSchema = snapshotSchema.extend({ state: threadStateSchema })
export const userSnapshotSchema = snapshotSchema.extend({ state: userStateSchema })

export type Snapshot = z.infer<typeof snapshotSchema>
