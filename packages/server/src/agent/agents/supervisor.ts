import { supervisor as orchestrates } from '../team/programs.ts'
import { TEAM_TOOLS } from '../team/tool-names.ts'
import { DATA_TOOLS, type AgentDefinition } from './definition.ts'

export const supervisor: AgentDefinition = {
  id: 'supervisor',
  name: 'AI spend team',
  description:
    'Finds out where AI spend goes and what to change: triage, data, optimization, actions and reporting work together, up to a plan that you approve.',
  tools: [...DATA_TOOLS, ...TEAM_TOOLS],
  examples: [
    'Where does the money go if this ran on gpt-4o, and what should we change?',
    'What would prompt caching and batches save us on gpt-4o?',
    'What happens with 3× usage next month on gpt-4o, at 500 requests per minute?',
  ],
  instructions: () => '',
  program: orchestrates,
}
