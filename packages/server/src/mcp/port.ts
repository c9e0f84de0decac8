import type { ToolSource } from '../agent/agent.ts'
import type { McpAuth, McpAuthServer } from './auth-port.ts'
import type { Asks, McpCaller, McpChange, McpServerView, McpWish } from './views.ts'

/** MCP servers that people and administrators connected, and the tools that come of it. */
export interface Mcp extends AsyncDisposable {
  /** Tools of the servers of the turn's person that were agreed to. */
  readonly source: ToolSource
  /** Own ones and those for all. */
  list(caller: McpCaller): Promise<McpServerView[]>
  /** Undefined: no such server, or somebody else's. */
  get(caller: McpCaller, id: string): Promise<McpServerView | undefined>
  /** Connects, looks at its tools, and shows them. Nothing is callable before `agree`. @throws McpRefused */
  add(caller: McpCaller, wish: McpWish): Promise<McpServerView>
  /** @throws McpRefused */
  change(caller: McpCaller, id: string, change: McpChange): Promise<McpServerView | undefined>
  /** False: there was none of the caller's. @throws McpRefused */
  remove(caller: McpCaller, id: string): Promise<boolean>
  /** Asks the server for its tools now; what went wrong stands in `problem`. @throws McpRefused */
  look(caller: McpCaller, id: string): Promise<McpServerView | undefined>
  /** To exactly the definitions that were shown, by their hashes. @throws McpRefused */
  agree(
    caller: McpCaller,
    id: string,
    tools: readonly { tool: string; hash: string }[],
  ): Promise<McpServerView | undefined>
  /** @throws McpRefused */
  setAsks(
    caller: McpCaller,
    id: string,
    tool: string,
    asks: Asks,
  ): Promise<McpServerView | undefined>
  /** For signing in: undefined for a program, or a server that is not the person's to use. */
  signInServer(userId: string, id: string): Promise<McpAuthServer | undefined>
  /** Ends this person's sessions there: what they show as who they are has changed. */
  endSessions(serverId: string, userId: string): Promise<void>
  /** A person leaves: nothing goes on in their name. */
  forgetPerson(userId: string): void
  readonly auth: McpAuth
}
