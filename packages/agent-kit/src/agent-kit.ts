/** What a file of `agents/` is written with. */
export {
  defineAgent,
  defineTool,
  InputNeeded,
  ToolError,
  z,
  type AgentSpec,
  type OwnTool,
  type OwnToolContext,
  type ToolSpec,
  type Work,
} from '@netra/server/agent-kit'
