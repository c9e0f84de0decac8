import type { Check } from '../../check.ts'
import { connectionChecks } from './connection.ts'
import { contentChecks } from './contents.ts'
import { timedChecks } from './timed.ts'

export const streamChecks: readonly Check[] = [
  ...connectionChecks,
  ...timedChecks,
  ...contentChecks,
]
