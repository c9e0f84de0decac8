import { join } from 'node:path'

import type { Files } from '../../../files/files.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/logger.ts'
import { MappedFiles } from '../../workload/mapped-files.ts'
import { NO_MAPPINGS, type MappingStore } from '../../workload/mapping-store.ts'
import { createWorkloads, type Workloads } from '../../workload/workloads.ts'
import { calculate } from '../calculate.ts'
import type { Tool } from '../tool.ts'
import { workloadTools } from '../workload/workload-tools.ts'
import { chartTable } from './chart-table.ts'
import { DuckPool } from './duck/duck-pool.ts'
import { priceTokens } from './price-tokens.ts'
import { priceWorkload } from './price-workload.ts'
import { profileTable } from './profile-table.ts'
import { queryTable } from './query-table.ts'
import { Tables } from './tables.ts'

export interface DataToolsOptions {
  files: Files
  /** How people said that their files are to be read; without it, as they are recognised. */
  mappings?: MappingStore
  dataFolder: string
  logger: Logger
  clock: Clock
  /** A query that runs longer is stopped; 30 s unless given. */
  limitMs?: number
}

/**
 * The tools over uploaded tables, and the same files as workloads. Queries run in at most two child
 * processes, which start with the first question and end when this is disposed of.
 */
export function createDataTools(
  options: DataToolsOptions,
): Tool[] & AsyncDisposable & { workloads: Workloads; mappedFiles: MappedFiles } {
  const { clock, logger, limitMs = 30_000 } = options
  const pool = new DuckPool({
    clock,
    logger,
    limitMs,
    size: 2,
    scratch: join(options.dataFolder, 'tmp', 'duckdb'),
  })
  const tables = new Tables(options.files, pool)
  const mappedFiles = new MappedFiles(tables, options.mappings ?? NO_MAPPINGS)
  const workloads = createWorkloads(tables, mappedFiles)
  const tools = [
    profileTable(tables),
    queryTable(tables),
    chartTable(tables),
    priceWorkload(tables, clock),
    priceTokens(clock),
    calculate,
    ...workloadTools(workloads, clock),
  ]
  return Object.assign(tools, {
    workloads,
    mappedFiles,
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  })
}
