import { triageAgent } from '../team/programs.ts'
import type { AgentDefinition } from './definition.ts'

export const triage: AgentDefinition = {
  id: 'triage',
  name: 'Triage',
  description:
    'Says what a question about AI spend asks, how urgent it is, and whether the attached data can answer it.',
  tools: ['triage_question'],
  examples: [
    'Can these files show where the money goes on gpt-4o?',
    'Is this enough to find out what prompt caching would save?',
    'Urgent: we must spend 20 % less. What do you need?',
  ],
  instructions: () => '',
  program: triageAgent,
}
