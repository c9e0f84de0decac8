import type { PlannedCall } from './plan/planned-call.ts'

/** What the model does in one step: calls tools, or answers. */
export type Reply =
  | { kind: 'calls'; thought: string; calls: PlannedCall[] }
  | { kind: 'answer'; text: string }

export const answer = (text: string): Reply => ({ kind: 'answer', text })
