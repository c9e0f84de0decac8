import { reportingAgent } from '../team/programs.ts'
import { TEAM_TOOLS, WORKLOAD_TOOLS } from '../team/tool-names.ts'
import type { AgentDefinition } from './definition.ts'

export const reporting: AgentDefinition = {
  id: 'reporting',
  name: 'Reporting',
  description:
    'Writes a report about AI spend, with tables, charts and where each number comes from, to read, print and keep.',
  tools: [...WORKLOAD_TOOLS, ...TEAM_TOOLS],
  examples: [
    'Write a report on what this costs on gpt-4o.',
    'Report on usage and anomalies of this workload.',
    'Write a report for our CFO: what would this cost on gpt-4o-mini?',
  ],
  instructions: () => '',
  program: reportingAgent,
}
