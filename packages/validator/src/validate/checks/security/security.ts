import type { Check } from '../../check.ts'
import { doorChecks } from './doors.ts'
import { headerChecks } from './headers.ts'
import { originChecks } from './origins.ts'
import { isolationChecks } from './others.ts'

export const securityChecks: readonly Check[] = [
  ...headerChecks,
  ...originChecks,
  ...doorChecks,
  ...isolationChecks,
]
