import type { Check } from '../../check.ts'
import { deviceChecks } from './devices.ts'
import { eventChecks } from './events.ts'
import { welcomeChecks } from './welcome.ts'

export const conversationChecks: readonly Check[] = [
  ...welcomeChecks,
  ...eventChecks,
  ...deviceChecks,
]
