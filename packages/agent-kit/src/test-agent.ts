/** What a test of an agent is written with. */
export {
  testAgent,
  type ModelTurn,
  type ScriptedCall,
  type TestAgentOptions,
  type TestedCall,
  type TestedRun,
} from '@netra/server/test-agent'
