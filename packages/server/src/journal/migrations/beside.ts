import { approvalMigrations } from './approvals.ts'
import { mcpOauthMigrations } from './mcp-oauth.ts'
import { mcpMigrations } from './mcp.ts'
import { memoryMigrations } from './memory.ts'
import type { Migration } from './migration.ts'
import { planMigrations } from './plans.ts'
import { spendingMigrations } from './spending.ts'
import { timingMigrations } from './timing.ts'
import { workloadMigrations } from './workload.ts'

/**
 * Tables beside threads and runs, each a part of its own by name: the version before, which knows
 * nothing of them, still runs on this data.
 */
export const BESIDE: Readonly<Record<string, readonly Migration[]>> = {
  timing: timingMigrations,
  memory: memoryMigrations,
  mcp: mcpMigrations,
  mcp_oauth: mcpOauthMigrations,
  spending: spendingMigrations,
  approvals: approvalMigrations,
  workload: workloadMigrations,
  plans: planMigrations,
}
