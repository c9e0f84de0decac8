import type { Files } from '../files/files.ts'
import { Breakers, type BreakerReport } from '../platform/breakers.ts'
import type { CircuitStatus } from '../platform/circuit-breaker.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { orAborted } from './abort.ts'
import { serviceNameOf } from './ag-ui/remote-agent.ts'
import { assistant } from './agents/assistant.ts'
import { data } from './agents/data.ts'
import type { AgentDefinition } from './agents/definition.ts'
import { createRegistry, type AgentRegistry } from './agents/registry.ts'
import { selftest, SELFTEST_MODEL } from './agents/selftest.ts'
import type { TokenCounter } from './context/token-counter.ts'
import { DEFAULT_LIMITS, runLoop, type Limits } from './loop.ts'
import type { ModelMeter } from './model/meter.ts'
import { ModelOrder } from './model/model-order.ts'
import { BUILTIN_MODEL, type Models, type OpenModel } from './model/models.ts'
import { createSelftestModels } from './model/selftest/selftest-models.ts'
import { toolDeclarations } from './prompt.ts'
import { AgentFailure, type Question, type Step, type Turn } from './step.ts'
import { asksFirst, type Unasked } from './tools/permit.ts'
import { selftestDigest } from './tools/selftest-digest.ts'
import type { Tool, ToolEffect, ToolSource } from './tools/tool.ts'

export type * from './step.ts'
export { AgentFailure } from './step.ts'
export { deadline, orAborted, pause } from './abort.ts'
export type { Untrusted } from './untrusted.ts'
export type { Admitted, CallMade, CallWanted, ModelMeter } from './model/meter.ts'
export type { AgentDefinition, AgentProgram } from './agents/definition.ts'
export {
  InputNeeded,
  ToolError,
  ToolUnavailable,
  type Tool,
  type ToolContext,
  type ToolEffect,
  type ToolSource,
} from './tools/tool.ts'

interface AgentInfo {
  id: string
  name: string
  description: string
  /** Names of the tools it may call. */
  tools: string[]
  /** Those of them that a person is asked about before each call. */
  asks_first: string[]
  /** `degraded` while its default model fails: a call may be refused at once. */
  status: 'ready' | 'degraded'
  examples: string[]
  /** Netra's own, of a file of the operator's, or elsewhere at an address. */
  origin: 'netra' | 'own' | 'remote'
  /** The one model that it speaks with; null: the person's choice. */
  model: string | null
  /** False of a program, which asks no model whichever is chosen. */
  asks_model: boolean
}

/** Who thinks and acts. Knows models, tools and files; nothing of sockets, the journal or the wire. */
export interface Agents {
  /** Those that people may pick from. */
  list(): Promise<AgentInfo[]>
  /**
   * The id of an agent by name; undefined when there is none of that name. Without a name it is the
   * one for the model that answers: the built-in one only knows tables.
   */
  resolve(name: string | null, model: string): string | undefined
  /** The model that an agent speaks with and no other; undefined: any. */
  ownModelOf(agent: string | null): string | undefined
  /** The same of an agent with which nobody may name another: one of a file, or elsewhere. */
  fixedModelOf(agent: string | null): string | undefined
  /**
   * What a turn of an agent has to do with the model that is chosen for it. `isNeeded`: there is no
   * answer without a language model, or without an agent elsewhere, which may cost anything.
   * `isNamed`: it is a model's answer, or would be; false of a program that asks none.
   */
  modelUse(agent: string, model: string): { isNeeded: boolean; isNamed: boolean }
  /**
   * Does one turn. Ask for the step after a `tool_started` that is not `repeatable` only when all
   * before it is durable.
   *
   * @throws AgentFailure with what to do; the signal's reason, promptly, when it is aborted.
   */
  act(turn: Turn, signal: AbortSignal, meter?: ModelMeter): AsyncGenerator<Step>
  /** The breaker of an agent's default model; one with a model of its own has one for each user. */
  breaker(agent?: string, userId?: string): Promise<CircuitStatus>
  /** Every model's breaker that a call has used. */
  breakers(): BreakerReport[]
  /** Every tool of the agents that people may pick from; `input_schema` is JSON Schema. */
  tools(): {
    name: string
    description: string
    effect: ToolEffect
    /** A person is asked before each call. */
    asks_first: boolean
    input_schema: object
    agents: string[]
  }[]
  /** Tools that an agent is to have and that are not there: none, in a whole installation. */
  lacking(): { agent: string; tool: string }[]
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
  /** Of the whole process; tools have theirs among them. */
  breakers?: Breakers
  /** The built-in ones unless given. */
  registry?: AgentRegistry
  /** Counts what a model is given; estimated unless given. */
  counter?: TokenCounter
  /** Tools that depend on who asks: those of servers that a person has connected. */
  toolSources?: readonly ToolSource[]
  /** What an agent is told of the person beside its instructions; '' for nothing. */
  background?: (turn: Turn) => Promise<string>
  /** Tools that the person wants not to be asked about, each with the definition they said it of. */
  unasked?: (userId: string) => Promise<Unasked>
  /** Why a question cannot be put to a person, in words; undefined: it can. Every question can, unless given. */
  askable?: (question: Question) => string | undefined
  /** Why tools are not to be used at the moment, in words; undefined: they are. */
  toolsOff?: () => string | undefined
}

/** Long enough for whatever its language can ask for. */
const SELFTEST_MS = 150_000

function defaultFor(model: string): string {
  if (model === BUILTIN_MODEL) return data.id
  return model === SELFTEST_MODEL ? selftest.id : assistant.id
}

/** Puts the agents over their models and tools. Touches neither network nor disk. */
export function createAgents(options: AgentsOptions): Agents {
  const { models, tools, clock, logger, random = Math.random, toolSources = [] } = options
  const { registry = createRegistry(), background } = options
  const listed = (): AgentDefinition[] => registry.all().filter(({ hidden }) => !hidden)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const stalls = options.metrics.counter(
    'netra_model_stalls_total',
    'Model calls given up because the model fell silent',
    ['next'],
  )
  const onStall = (again: boolean): void => stalls.add({ next: again ? 'repeated' : 'ended' })
  const retries = options.metrics.counter(
    'netra_model_retries_total',
    'Model calls made again, by what had gone wrong.',
    ['why'],
  )
  const fallbacks = options.metrics.counter(
    'netra_model_fallbacks_total',
    'Runs that went on with another model, by what had gone wrong.',
    ['why'],
  )
  const { breakers = new Breakers(clock) } = options
  const selftestModels = createSelftestModels(clock)
  const ownTools = [...tools, selftestDigest(clock)]
  const toolsOf = ({ tools: names }: AgentDefinition): Tool[] =>
    names.flatMap((name) => ownTools.find((tool) => tool.name === name) ?? [])
  const everyToolOf = (definition: AgentDefinition, connected: readonly Tool[] = []): Tool[] =>
    [...toolsOf(definition), ...(definition.ownTools ?? []), ...connected].map((tool) =>
      definition.approvals?.includes(tool.name) ? { ...tool, needsApproval: true } : tool,
    )

  const resolve: Agents['resolve'] = (name, model) => registry.find(name ?? defaultFor(model))?.id

  async function connectedTools(definition: AgentDefinition, turn: Turn): Promise<Tool[]> {
    const { takesConnectedTools: takes } = definition
    if (!takes) return []
    const found = (await Promise.all(toolSources.map((source) => source.toolsFor(turn)))).flat()
    return takes === true ? found : found.filter(({ name }) => takes.includes(name))
  }

  async function instructionsFor(definition: AgentDefinition, turn: Turn): Promise<string> {
    const instructions = definition.instructions({ today: isoTime(clock).slice(0, 10) })
    const known = (await background?.(turn)) ?? ''
    return known === '' ? instructions : `${instructions}\n\n${known}`
  }

  async function open(
    definition: AgentDefinition,
    turn: Turn,
    model: string | null,
  ): Promise<OpenModel> {
    const isSelftest = definition.model === SELFTEST_MODEL
    if (isSelftest !== ((model ?? definition.model) === SELFTEST_MODEL))
      throw notItsModel(definition, model)
    return isSelftest ? selftestModels.open(turn.userId) : models.open(model)
  }

  async function* act(turn: Turn, signal: AbortSignal, meter?: ModelMeter): AsyncGenerator<Step> {
    signal.throwIfAborted()
    const wanted = resolve(turn.agent, turn.model ?? (await models.defaultId()))
    const definition = registry.find(wanted)
    if (!definition) throw noSuchAgent(turn.agent, listed())
    const asked =
      fixedModelOf(definition) ??
      turn.model ??
      definition.model ??
      (await orAborted(models.defaultId(), signal))
    const instructions = await orAborted(instructionsFor(definition, turn), signal)
    const log = logger.child({ run_id: turn.runId, agent: definition.id, model: asked })
    const toolsOff = hasTools(definition) ? options.toolsOff?.() : undefined
    const connected = await orAborted(connectedTools(definition, turn), signal)
    const order = new ModelOrder({
      open: (id) => open(definition, turn, id),
      wanted: asked,
      // An agent with a model of its own has no other.
      others: definition.model === undefined ? models.fallbacks() : [],
      onFallback({ from, to }, failure) {
        fallbacks.add({ why: failure.kind ?? failure.code })
        log.warn({ from, to, code: failure.code }, 'another model answers')
      },
    })
    const unasked = await orAborted(options.unasked?.(turn.userId) ?? NOTHING_UNASKED, signal)
    const own = {
      turn,
      unasked,
      instructions,
      tools: toolsOff === undefined ? everyToolOf(definition, connected) : [],
      toolsOff,
      models: order,
      // The selftest's model is made here and costs nothing.
      meter: definition === selftest ? undefined : meter,
      breakers,
      limits: definition === selftest ? { ...limits, maxDurationMs: SELFTEST_MS } : limits,
      random,
      onStall,
      onRetry: (why: string) => retries.add({ why }),
      signal,
    }
    const { program = runLoop } = definition
    yield* program({ ...options, ...own, logger: log })
  }

  /** Of one elsewhere; every other is as its model is. */
  const stateOf = (definition: AgentDefinition) =>
    definition.origin === 'remote'
      ? (breakers.find('service', serviceNameOf(definition))?.status().state ?? 'CLOSED')
      : undefined

  return {
    async list() {
      const { state } = await models.breaker(null)
      return listed().map((definition) => ({
        id: definition.id,
        name: definition.name,
        description: definition.description,
        tools: everyToolOf(definition).map((tool) => tool.name),
        asks_first: everyToolOf(definition).flatMap((tool) => (asksFirst(tool) ? [tool.name] : [])),
        status: (stateOf(definition) ?? state) === 'OPEN' ? 'degraded' : 'ready',
        examples: [...definition.examples],
        origin: definition.origin ?? 'netra',
        model: definition.model ?? null,
        asks_model: asksModel(definition),
      }))
    },
    resolve,
    ownModelOf: (agent) => registry.find(agent)?.model,
    fixedModelOf: (agent) => fixedModelOf(registry.find(agent)),
    modelUse(agent, model) {
      const definition = registry.find(agent)
      const { origin, program } = definition ?? {}
      const isFree = model === BUILTIN_MODEL || model === SELFTEST_MODEL
      return {
        isNeeded: !isFree && (program === undefined || origin === 'remote'),
        isNamed: definition === undefined || asksModel(definition),
      }
    },
    act,
    async breaker(agent, userId = '') {
      if (agent === selftest.id) return selftestModels.breaker(userId)
      const definition = registry.find(agent)
      const elsewhere = definition?.origin === 'remote' ? serviceNameOf(definition) : undefined
      const known = elsewhere === undefined ? undefined : breakers.find('service', elsewhere)
      return known?.status() ?? models.breaker(definition?.model ?? null)
    },
    breakers: () => models.breakers(),
    tools: () =>
      tools.flatMap((tool) => {
        const owners = listed().filter((definition) => definition.tools.includes(tool.name))
        const [declared] = toolDeclarations([tool])
        if (owners.length === 0 || !declared) return []
        return [
          {
            name: tool.name,
            description: tool.description,
            effect: tool.effect,
            asks_first: asksFirst(tool),
            input_schema: declared.inputSchema,
            agents: owners.map(({ id }) => id),
          },
        ]
      }),
    lacking: () =>
      registry
        .all()
        .flatMap(({ id, tools: names }) =>
          names
            .filter((name) => !ownTools.some((tool) => tool.name === name))
            .map((tool) => ({ agent: id, tool })),
        ),
  }
}

/** Whoever wrote an agent for one model knows why; what the person chose is of the others. */
const fixedModelOf = (definition: AgentDefinition | undefined): string | undefined =>
  definition?.origin === undefined ? undefined : definition.model

/** A program of a file has tools alone; Netra's own may ask a model, and what one elsewhere asks is its own. */
const asksModel = ({ program, origin }: AgentDefinition): boolean =>
  program === undefined || origin !== 'own'

const hasTools = ({ tools, ownTools = [] }: AgentDefinition): boolean =>
  tools.length + ownTools.length > 0

const NOTHING_UNASKED: Promise<Unasked> = Promise.resolve(new Map())

const noSuchAgent = (name: string | null, listed: readonly AgentDefinition[]): AgentFailure =>
  new AgentFailure(
    'internal',
    `There is no agent ${JSON.stringify(name)}. Choose one of: ${listed.map(({ id }) => id).join(', ')}.`,
    { retry: 'no' },
  )

const notItsModel = ({ id, model }: AgentDefinition, wanted: string | null): AgentFailure =>
  new AgentFailure(
    'model_refused',
    model === undefined
      ? `${String(wanted)} speaks for the agent ${selftest.id} alone. Choose another model.`
      : `The agent ${id} speaks with ${model} alone. Leave the model out.`,
    { retry: 'no' },
  )
