import { actionsAgent } from '../team/programs.ts'
import { WORKLOAD_TOOLS } from '../team/tool-names.ts'
import type { AgentDefinition } from './definition.ts'

export const actions: AgentDefinition = {
  id: 'actions',
  name: 'Actions',
  description:
    'Turns savings into a plan: steps, their order, effort, who approves, and how each is rolled back. Adopts it when you say so.',
  tools: [
    ...WORKLOAD_TOOLS,
    'triage_question',
    'correlate_columns',
    'find_missing_data',
    'plan_actions',
    'adopt_plan',
  ],
  examples: [
    'Plan how we get 20 % cheaper on gpt-4o.',
    'What are the steps to cut our cost on gpt-4o, and who has to agree?',
    'Make a plan to save money on gpt-4o, and adopt it.',
  ],
  instructions: () => '',
  program: actionsAgent,
}
