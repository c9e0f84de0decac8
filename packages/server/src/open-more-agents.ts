import { createRegistry, type AgentRegistry } from './agent/agents/registry.ts'
import { openOwnAgents, wordsOf, type OwnAgents } from './agent/own/own.ts'
import type { Tool } from './agent/tools/tool.ts'
import type { Config } from './config/config.ts'
import type { Files } from './files/files.ts'
import type { Clock } from './platform/clock.ts'
import type { Logger } from './platform/logger.ts'

/** Agents beside Netra's own: of files of the operator's. */
export interface MoreAgents extends Disposable {
  registry: AgentRegistry
  own: OwnAgents
  /** What cannot be used, each in one line. */
  broken(): string[]
}

export async function openMoreAgents(
  config: Pick<Config, 'agentsDir'>,
  parts: { tools: readonly Tool[]; files: Files; clock: Clock; logger: Logger },
): Promise<MoreAgents> {
  const own = await openOwnAgents({
    ...parts,
    folder: config.agentsDir,
    taken: createRegistry()
      .all()
      .map(({ id }) => id),
    toolNames: parts.tools.map(({ name }) => name),
  })
  return {
    registry: createRegistry(() => own.agents()),
    own,
    broken: () =>
      own
        .files()
        .filter(({ status }) => status !== 'ready')
        .flatMap(({ file, problems }) =>
          problems.map((problem) => `the agent of ${file} cannot be used: ${wordsOf(problem)}`),
        ),
    [Symbol.dispose]: () => own[Symbol.dispose](),
  }
}
