/** What a file of `agents/` is written with. */
export {
  defineAgent,
  defineTool,
  InputNeeded,
  ToolError,
  ToolRefused,
  z,
  type AgentSpec,
  type OwnTool,
  type OwnToolContext,
  type ToolSpec,
  type Untrusted,
  type Work,
} from '@netra/server/agent-kit'
