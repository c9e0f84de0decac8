import type { Check } from '../../check.ts'
import { discoveryChecks } from './discovery.ts'
import { runChecks } from './runs.ts'

export const agentChecks: readonly Check[] = [...discoveryChecks, ...runChecks]
