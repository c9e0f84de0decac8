import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { Tool } from '../tool.ts'
import { batchPricing } from './batch-pricing.ts'
import { comparePeriods } from './compare-periods.ts'
import { costDrivers } from './cost-drivers.ts'
import { findAnomalies } from './find-anomalies.ts'
import { projectGrowth } from './project-growth.ts'
import { promptReuse } from './prompt-reuse.ts'
import { rankOptions } from './rank-options.ts'
import { substituteModel } from './substitute-model.ts'
import { workloadProfile } from './workload-profile.ts'

/** The tools that know what usage of language models is: the same question, the same numbers. */
export const workloadTools = (workloads: Workloads, clock: Clock): Tool[] => [
  workloadProfile(workloads, clock),
  costDrivers(workloads, clock),
  comparePeriods(workloads, clock),
  findAnomalies(workloads, clock),
  promptReuse(workloads, clock),
  substituteModel(workloads, clock),
  batchPricing(workloads, clock),
  projectGrowth(workloads, clock),
  rankOptions,
]
