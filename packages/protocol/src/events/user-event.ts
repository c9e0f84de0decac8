import { z } from 'zod'

import { approvalClosedSchema } from './approval-closed.ts'
import { approvalWaitingSchema } from './approval-waiting.ts'
import { limitsChangedSchema } from './limits-changed.ts'
import { runStateChangedSchema } from './run-state-changed.ts'
import { threadCreatedSchema } from './thread-created.ts'
import { threadDeletedSchema } from './thread-deleted.ts'
import { threadUpdatedSchema } from './thread-updated.ts'

/** Everything a `user:` stream holds. */
export const userEventSchema = z.discriminatedUnion('type', [
  threadCreatedSchema,
  threadUpdatedSchema,
  threadDeletedSchema,
  runStateChangedSchema,
  approvalWaitingSchema,
  approvalClosedSchema,
  limitsChangedSchema,
])

export type UserEvent = z.infer<typeof userEventSchema>
const USER_EVENT_TYPES: ReadonlySet<string> = new Set(
  userEventSchema.options.map((option) => option.shape.type.value),
)

export const isUserEvent = (event: { type: string }): event is UserEvent =>
  USER_EVENT_TYPES.has(event.type)

/** As built by a writer: ids are plain text. */
export type UserEventInput = z.input<typeof userEventSchema>
