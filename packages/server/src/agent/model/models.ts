import type { LanguageModelV4 } from '@ai-sdk/provider'

import { Breakers, type BreakerReport } from '../../platform/breakers.ts'
import type { CircuitBreaker, CircuitStatus } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { BREAKER_OPENS } from '../../platform/recovery/recovery-table.ts'
import { AgentFailure } from '../step.ts'
import { ADMIN_PAGE } from './connection-change.ts'
import type { ConnectionStore } from './connection-store.ts'
import { createConnections, nameOf, type Connections } from './connections.ts'
import { splitModelId, type ModelSettings } from './environment.ts'
import type { ModelName } from './failures.ts'
import { FREE, pricingFor, type Pricing } from './pricing.ts'
import {
  acceptedBy,
  callOptionsFor,
  createLanguageModel,
  isOfficial,
  providerOf,
  thinksInSilence,
  type Accepts,
  type CallOptions,
  type Connection,
} from './providers.ts'
import { createWatchedFetch } from './watched-fetch.ts'

export const BUILTIN_MODEL = 'netra/builtin'
const BUILTIN_LABEL = 'built-in, no language model'

interface ModelInfo {
  /** `<provider>/<model>` */
  id: string
  provider: string
  name: string
  label: string
  built_in: boolean
}

/** A model ready to be called. */
export interface OpenModel {
  language: LanguageModelV4
  name: ModelName
  accepts: Accepts
  /** What every call of this model says besides the prompt. */
  callOptions: CallOptions
  pricing: Pricing
  breaker: CircuitBreaker
  /** At an address that the operator set, not the provider's own. */
  isOwn?: boolean
  patience: TokenPatience
}

/** How long a model may say nothing that belongs to its answer, though its server sends signs of life. */
export interface TokenPatience {
  firstTokenMs: number
  betweenTokensMs: number
}

export interface Models {
  readonly connections: Connections
  /** The id of the model that answers when none is named. */
  defaultId(): Promise<string>
  list(): Promise<{ default: string; models: ModelInfo[] }>
  /** @throws AgentFailure when the model is not connected or not enabled. */
  open(id: string | null): Promise<OpenModel>
  /** Ids of the models that stand in for one that cannot answer, in their order. */
  fallbacks(): readonly string[]
  /** The breaker of a model, or of the default one. */
  breaker(id: string | null): Promise<CircuitStatus>
  /** Every breaker that a call has used. */
  breakers(): BreakerReport[]
}

export interface ModelsOptions {
  settings: ModelSettings
  store: ConnectionStore
  builtin: LanguageModelV4
  clock: Clock
  logger: Logger
  /** Silence after which a stream counts as stalled. */
  stallMs?: number
  firstByteMs?: number
  /** The same for a stream that lives but says nothing; longer, because models think in silence. */
  firstTokenMs?: number
  betweenTokensMs?: number
  breaker?: { failures?: number; openMs?: number }
  /** Of the whole process; one of its own unless given. */
  breakers?: Breakers
  ollamaUrl?: string
}

/** All models that can be named, behind one interface; the built-in one is always among them. */
export async function createModels(options: ModelsOptions): Promise<Models> {
  const { clock, logger, stallMs = 60_000, firstByteMs = stallMs } = options
  const fetch = createWatchedFetch({ clock, firstByteMs, stallMs })
  const patient = { clock, firstByteMs: firstByteMs * 5, stallMs: stallMs * 5 }
  const patientFetch = createWatchedFetch(patient)
  const { firstTokenMs = firstByteMs * 3, betweenTokensMs = stallMs * 2 } = options
  const patience = { firstTokenMs, betweenTokensMs }
  const silentPatience = { firstTokenMs: firstTokenMs * 5, betweenTokensMs: betweenTokensMs * 5 }
  const { breakers = new Breakers(clock) } = options
  const opens = { ...BREAKER_OPENS.model, ...options.breaker }
  const connections = await createConnections({
    ...options,
    fetch,
    breakerOf: (provider) => worstOf(breakers, provider),
  })

  const breakerOf = (id: string, isMadeUp = false): CircuitBreaker =>
    breakers.of('model', id, { ...opens, isMadeUp })

  /** Models of a connection that a person may pick from. */
  async function offered(connection: Connection): Promise<readonly string[]> {
    if (connection.enabledModels.length > 0) return connection.enabledModels
    if (isOfficial(connection)) return providerOf(connection.provider).models
    return (await connections.listed(connection)) ?? []
  }

  /** Whoever chats may name any model of a service; only the service can say whether there is one. */
  async function isUnheardOf(connection: Connection, id: string): Promise<boolean> {
    if (id === connections.chosenDefault() || connections.fallbacks().includes(id)) return false
    const models = await offered(connection)
    return !models.some((model) => `${connection.provider}/${model}` === id)
  }

  async function defaultId(): Promise<string> {
    const chosen = connections.chosenDefault()
    if (chosen !== null) return chosen
    for (const connection of connections.all()) {
      const [first] = await offered(connection)
      if (first !== undefined) return `${connection.provider}/${first}`
    }
    return BUILTIN_MODEL
  }

  async function list(): Promise<{ default: string; models: ModelInfo[] }> {
    const found = await Promise.all(
      connections
        .all()
        .map(async (connection) =>
          (await offered(connection)).map((model) => infoOf(`${connection.provider}/${model}`)),
        ),
    )
    const byDefault = await defaultId()
    const models = [...found.flat(), infoOf(BUILTIN_MODEL)]
    const known = models.some((model) => model.id === byDefault)
    return { default: byDefault, models: known ? models : [infoOf(byDefault), ...models] }
  }

  async function open(wanted: string | null): Promise<OpenModel> {
    const id = wanted ?? (await defaultId())
    const { provider, model } = splitModelId(id)
    if (id === BUILTIN_MODEL)
      return openBuiltin(options.builtin, { breaker: breakerOf(id), patience })
    const connection = connections.find(provider)
    if (!connection) throw notConnected(id, provider, connections.chosenDefault() === id)
    if (model === '' || !isAllowed(connection, id, connections))
      throw new AgentFailure(
        'model_refused',
        `${id} is not one of the models that the administrator enabled. Choose another model.`,
        { retry: 'no', kind: 'model_not_connected' },
      )
    const isSilent = thinksInSilence(connection, model)
    return {
      language: await createLanguageModel(connection, model, isSilent ? patientFetch : fetch),
      name: { ...nameOf(connection), id },
      isOwn: !isOfficial(connection),
      accepts: acceptedBy(connection, model),
      callOptions: callOptionsFor(connection),
      pricing: await pricingFor(connection, model, new Date(clock.now())),
      breaker: breakerOf(id, await isUnheardOf(connection, id)),
      patience: isSilent ? silentPatience : patience,
    }
  }

  logger.debug({ connections: connections.all().map(({ provider }) => provider) }, 'models ready')
  return {
    connections,
    defaultId,
    list,
    open,
    fallbacks: () => connections.fallbacks(),
    breaker: async (id) =>
      breakers.find('model', id ?? (await defaultId()))?.status() ?? NEVER_CALLED,
    breakers: () => breakers.list('model'),
  }
}

const BADNESS = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }

function worstOf(breakers: Breakers, provider: string): CircuitStatus | null {
  const [worst] = breakers
    .list('model')
    .filter(({ name }) => splitModelId(name).provider === provider)
    .toSorted((a, b) => BADNESS[b.state] - BADNESS[a.state] || b.failure_count - a.failure_count)
  if (!worst) return null
  const { state, failure_count, success_count, last_failure_time, next_attempt_time } = worst
  return { state, failure_count, success_count, last_failure_time, next_attempt_time }
}

const NEVER_CALLED: CircuitStatus = {
  state: 'CLOSED',
  failure_count: 0,
  success_count: 0,
  last_failure_time: null,
  next_attempt_time: null,
}

/** What the administrator named, as the default or to stand in, is allowed by that. */
const isAllowed = (
  connection: Connection,
  id: string,
  connections: Pick<Connections, 'chosenDefault' | 'fallbacks'>,
): boolean =>
  id === connections.chosenDefault() ||
  connections.fallbacks().includes(id) ||
  connection.enabledModels.length === 0 ||
  connection.enabledModels.some((model) => `${connection.provider}/${model}` === id)

function infoOf(id: string): ModelInfo {
  const { provider, model } = splitModelId(id)
  const builtIn = id === BUILTIN_MODEL
  const label = builtIn ? BUILTIN_LABEL : `${model} (${providerOf(provider).label})`
  return { id, provider, name: model, label, built_in: builtIn }
}

const openBuiltin = (
  language: LanguageModelV4,
  at: Pick<OpenModel, 'breaker' | 'patience'>,
): OpenModel => ({
  language,
  name: {
    provider: 'netra',
    id: BUILTIN_MODEL,
    setAt: 'Netra itself',
    address: 'this process',
    builtIn: true,
  },
  accepts: { images: false, pdf: false },
  callOptions: {},
  pricing: FREE,
  ...at,
})

const KEY_VARIABLES: Record<string, string> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GOOGLE_GENERATIVE_AI_API_KEY',
}

function notConnected(id: string, provider: string, isDefault: boolean): AgentFailure {
  const variable = KEY_VARIABLES[provider]
  const how = variable
    ? `set ${variable}, or add a key on ${ADMIN_PAGE}`
    : `add it on ${ADMIN_PAGE}`
  const why = isDefault ? ` is the default model, but ${provider}` : `: ${provider}`
  return new AgentFailure(
    'model_auth',
    `${id}${why} is not connected. An administrator can ${how}; the built-in model works without.`,
    { retry: 'no', kind: 'model_not_connected' },
  )
}
