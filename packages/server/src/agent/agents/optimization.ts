import { optimizationAgent } from '../team/programs.ts'
import { WORKLOAD_TOOLS } from '../team/tool-names.ts'
import type { AgentDefinition } from './definition.ts'

export const optimization: AgentDefinition = {
  id: 'optimization',
  name: 'Optimization',
  description:
    'Ranks what could be changed to spend less on language models, each with its saving, effect on latency, quality risk, assumptions and confidence.',
  tools: [...WORKLOAD_TOOLS, 'triage_question', 'correlate_columns', 'find_missing_data'],
  examples: [
    'How can we save money if this ran on gpt-4o?',
    'Compare gpt-4o with gpt-4.1-mini and gpt-4o-mini for this workload.',
    'Which requests could move to a cheaper model than gpt-4o?',
  ],
  instructions: () => '',
  program: optimizationAgent,
}
