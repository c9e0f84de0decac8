import type { Files } from '../files/files.ts'
import type { CircuitStatus } from '../platform/circuit-breaker.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { orAborted } from './abort.ts'
import { assistant } from './agents/assistant.ts'
import { data } from './agents/data.ts'
import type { AgentDefinition } from './agents/definition.ts'
import { DEFAULT_LIMITS, runLoop, type Limits } from './loop.ts'
import { BUILTIN_MODEL, type Models } from './model/models.ts'
import { AgentFailure, type Step, type Turn } from './step.ts'
import type { Tool } from './tools/tool.ts'

export type * from './step.ts'
export { AgentFailure } from './step.ts'

interface AgentInfo {
  id: string
  name: string
  description: string
  /** Names of the tools it may call. */
  tools: string[]
  /** `degraded` while its default model fails: a call may be refused at once. */
  status: 'ready' | 'degraded'
  examples: string[]
}

/** Who thinks and acts. Knows models, tools and files; nothing of sockets, the journal or the wire. */
export interface Agents {
  list(): Promise<AgentInfo[]>
  /**
   * The id of an agent by name; undefined when there is none of that name. Without a name it is the
   * one for the model that answers: the built-in one only knows tables.
   */
  resolve(name: string | null, model: string): string | undefined
  /**
   * Does one turn. Ask for the next step only when the last one is durable (text excepted).
   *
   * @throws AgentFailure with what to do; the signal's reason, promptly, when it is aborted.
   */
  act(turn: Turn, signal: AbortSignal): AsyncGenerator<Step>
  /** The breaker of an agent's default model. */
  breaker(): Promise<CircuitStatus>
  /** Every model's breaker that a call has used. */
  breakers(): ({ model: string } & CircuitStatus)[]
}

export interface AgentsOptions {
  models: Models
  tools: readonly Tool[]
  files: Files
  clock: Clock
  logger: Logger
  metrics: Metrics
  limits?: Partial<Limits>
  /** 0 ≤ x < 1; spreads retries. */
  random?: () => number
}

const DEFINITIONS: readonly AgentDefinition[] = [assistant, data]

function resolve(name: string | null, model: string): string | undefined {
  const wanted = name ?? (model === BUILTIN_MODEL ? data.id : assistant.id)
  return DEFINITIONS.find((definition) => definition.id === wanted)?.id
}

/** Puts the agents over their models and tools. Touches neither network nor disk. */
export function createAgents(options: AgentsOptions): Agents {
  const { models, tools, clock, logger, random = Math.random } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const stalls = options.metrics.counter(
    'netra_model_stalls_total',
    'Model calls given up because the model fell silent',
    ['next'],
  )
  const onStall = (again: boolean): void => stalls.add({ next: again ? 'repeated' : 'ended' })
  const toolsOf = ({ tools: names }: AgentDefinition): Tool[] =>
    names.flatMap((name) => tools.find((tool) => tool.name === name) ?? [])

  async function* act(turn: Turn, signal: AbortSignal): AsyncGenerator<Step> {
    signal.throwIfAborted()
    const wanted = resolve(turn.agent, turn.model ?? (await models.defaultId()))
    const definition = DEFINITIONS.find(({ id }) => id === wanted)
    if (!definition) throw noSuchAgent(turn.agent)
    const model = await orAborted(models.open(turn.model), signal)
    const instructions = definition.instructions({ today: isoTime(clock).slice(0, 10) })
    const log = logger.child({ run_id: turn.runId, agent: definition.id, model: model.name.id })
    const own = {
      turn,
      instructions,
      tools: toolsOf(definition),
      model,
      limits,
      random,
      onStall,
      signal,
    }
    yield* runLoop({ ...options, ...own, logger: log })
  }

  return {
    async list() {
      const { state } = await models.breaker(null)
      return DEFINITIONS.map((definition) => ({
        id: definition.id,
        name: definition.name,
        description: definition.description,
        tools: toolsOf(definition).map((tool) => tool.name),
        status: state === 'OPEN' ? 'degraded' : 'ready',
        examples: [...definition.examples],
      }))
    },
    resolve,
    act,
    breaker: () => models.breaker(null),
    breakers: () => models.breakers(),
  }
}

const noSuchAgent = (name: string | null): AgentFailure =>
  new AgentFailure(
    'internal',
    `There is no agent ${JSON.stringify(name)}. Choose one of: ${DEFINITIONS.map(({ id }) => id).join(', ')}.`,
    { retry: 'no' },
  )
