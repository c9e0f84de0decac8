import { readFile } from 'node:fs/promises'

import type { Files } from '../../files/files.ts'
import type { AgentDefinition } from '../agents/definition.ts'
import { ToolError, type Tool, type ToolContext } from '../tools/tool.ts'
import type { ReadSpec, ReadTool } from './agent-schema.ts'
import type { OwnToolContext } from './kit.ts'
import { programOf } from './own-program.ts'
import { AgentFileWrong, type Problem } from './problem.ts'

/** What an agent's file may refer to. */
export interface Surroundings {
  /** Names of the tools that every agent may have. */
  toolNames: readonly string[]
  files: Files
}

/**
 * The agent that a file describes.
 *
 * @param id the file's name without its ending
 * @throws AgentFileWrong when it names a tool that is not there.
 */
export function defineFrom(id: string, spec: ReadSpec, at: Surroundings): AgentDefinition {
  const own = spec.tools.filter((tool) => typeof tool !== 'string')
  const named = spec.tools.filter((tool) => typeof tool === 'string')
  const problems = [...unknownTools(spec, at), ...doubledTools(own, at), ...uselessApprovals(spec)]
  if (problems.length > 0) throw new AgentFileWrong(problems)
  const { instructions = '', program } = spec
  const connected = connectedOf(spec.mcp, named)
  return {
    id,
    name: spec.name ?? id,
    description: spec.description,
    origin: 'own',
    tools: named.filter((name) => !isConnected(name)),
    ownTools: own.map((tool) => toolOf(tool, at.files)),
    approvals: spec.approvals,
    examples: spec.examples,
    ...(spec.model !== undefined && { model: spec.model }),
    ...(spec.hidden && { hidden: true as const }),
    ...(connected !== undefined && { takesConnectedTools: connected }),
    ...(program && { program: programOf(program) }),
    instructions: (when) => (typeof instructions === 'string' ? instructions : instructions(when)),
  }
}

/** Those of a server that somebody connects carry its name. */
const isConnected = (name: string): boolean => name.includes('__')

function connectedOf(
  mcp: boolean | readonly string[],
  named: readonly string[],
): true | readonly string[] | undefined {
  if (mcp === true) return true
  const names = [...(mcp === false ? [] : mcp), ...named.filter(isConnected)]
  return names.length === 0 ? undefined : names
}

const unknownTools = (spec: ReadSpec, { toolNames }: Surroundings): Problem[] =>
  spec.tools.flatMap((tool, index) =>
    typeof tool !== 'string' || isConnected(tool) || toolNames.includes(tool)
      ? []
      : [
          {
            field: `tools[${index}]`,
            message: `names no tool: ${tool}. There are ${toolNames.join(', ')}, and <server>__<tool> of a connected server`,
          },
        ],
  )

function doubledTools(own: readonly ReadTool[], { toolNames }: Surroundings): Problem[] {
  const names = own.map(({ name }) => name)
  return [...new Set(names)]
    .filter((name) => toolNames.includes(name) || names.indexOf(name) !== names.lastIndexOf(name))
    .map((name) => ({
      field: 'tools',
      message: `has the name ${name} twice, or it is that of a tool of Netra: choose another one`,
    }))
}

const uselessApprovals = ({ approvals, tools, mcp }: ReadSpec): Problem[] => {
  const names = new Set(tools.map((tool) => (typeof tool === 'string' ? tool : tool.name)))
  return approvals.flatMap((name, index) =>
    names.has(name) || (isConnected(name) && mcp !== false)
      ? []
      : [
          {
            field: `approvals[${index}]`,
            message: `names none of this agent's tools: ${name}. Add it to tools, or take it out here`,
          },
        ],
  )
}

function toolOf(spec: ReadTool, files: Files): Tool {
  const contextOf = (context: ToolContext): OwnToolContext => ({
    ...context,
    readFile: (fileId) => readAttached(fileId, context, files),
  })
  const { preview } = spec
  return {
    name: spec.name,
    description: spec.description,
    // Keys that the author did not name are refused, as of every tool.
    input: spec.input.strict(),
    timeoutMs: spec.timeoutMs,
    repeatable: spec.effect === 'none' || spec.effect === 'reads',
    effect: spec.effect,
    ...(spec.approval && { needsApproval: true }),
    ...(preview && {
      preview: async (input, context) => preview(input as never, contextOf(context)),
    }),
    async run(input, context) {
      const result: unknown = await spec.run(input as never, contextOf(context))
      return result === undefined ? null : result
    },
  }
}

async function readAttached(fileId: string, context: ToolContext, files: Files): Promise<Buffer> {
  const isOfThread = context.files.some((file) => file.fileId === fileId)
  const file = isOfThread ? await files.find(context.userId, fileId) : undefined
  if (!file) throw new ToolError(`No file ${fileId} is attached to this conversation.`)
  return readFile(files.pathOf(file))
}
