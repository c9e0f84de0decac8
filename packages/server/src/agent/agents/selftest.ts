import type { AgentDefinition } from './definition.ts'

/** Named in the log and in events; nobody is offered it. */
export const SELFTEST_MODEL = 'netra/selftest'

/**
 * Does what its message says, so that an installation can be tried without a language model. It is
 * listed nowhere, and whoever may chat may call it by its name.
 */
export const selftest: AgentDefinition = {
  id: 'selftest',
  name: 'Selftest',
  description: 'Tries out this installation. It costs nothing.',
  tools: ['selftest_digest'],
  model: SELFTEST_MODEL,
  hidden: true,
  examples: ['Hello', 'Hello\n!stream 10 200', '!fail unavailable'],
  instructions: () => 'Do what the commands of the last message say.',
}
