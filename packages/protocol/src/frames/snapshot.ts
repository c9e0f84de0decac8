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

export type Snapshot = z.infer<typeof snapshotSchema>
