import { dataHelperAgent } from '../team/programs.ts'
import type { AgentDefinition } from './definition.ts'

export const dataHelper: AgentDefinition = {
  id: 'data_helper',
  name: 'Data helper',
  description:
    'Says exactly which data a question about AI spend needs and how to export them from OpenAI, Anthropic, Google, Bedrock, Azure, LiteLLM, Langfuse or OpenTelemetry.',
  tools: ['triage_question', 'find_missing_data'],
  examples: [
    'What do I need to see where our OpenAI spend goes?',
    'How do I export usage from AWS Bedrock?',
    'What is missing to tell what prompt caching would save?',
  ],
  instructions: () => '',
  program: dataHelperAgent,
}
