import type { CircuitStatus } from '../../platform/circuit-breaker.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { deadline } from '../abort.ts'
import {
  ADMIN_PAGE,
  ConnectionRefused,
  merge,
  problemOf,
  refuseIncomplete,
  toConnection,
  works,
  type ConnectionChange,
} from './connection-change.ts'
import type { ConnectionStore } from './connection-store.ts'
import { connectionsOf, splitModelId, type ModelSettings } from './environment.ts'
import { explain, type ModelName } from './failures.ts'
import { listModels } from './list-models.ts'
import { isOfficial, normalizeBaseUrl, providerOf, type Connection } from './providers.ts'

const LISTING_KEPT_MS = 60_000
const DETECT_WITHIN_MS = 300
const TEST_WITHIN_MS = 10_000

interface ConnectionView {
  provider: string
  label: string
  source: Connection['source']
  base_url: string
  /** The last four characters of the key; null without one. */
  key_hint: string | null
  models: string[]
  enabled_models: string[]
  /** What keeps it from working, in words. */
  problem: string | null
  /** Of its models the one that is worst off; null while none was called. */
  breaker: CircuitStatus | null
}

interface TestResult {
  ok: boolean
  latency_ms: number
  models: string[]
  error?: string
}

/** Which services are connected, by the environment first and by an administrator second. */
export interface Connections {
  all(): readonly Connection[]
  find(provider: string): Connection | undefined
  /** NETRA_MODEL, else what an administrator chose; null when nobody chose. */
  chosenDefault(): string | null
  /** NETRA_MODEL_FALLBACK, else what an administrator chose: ids of models, in their order. */
  fallbacks(): readonly string[]
  /** Models the service lists, kept for a minute; undefined when it does not answer. */
  listed(connection: Connection, withinMs?: number): Promise<string[] | undefined>
  /** For the administrator's page; a local Ollama that answers is among them as `detected`. */
  list(): Promise<ConnectionView[]>
  /** @throws ConnectionRefused */
  put(provider: string, change: ConnectionChange): Promise<void>
  /** @throws ConnectionRefused */
  remove(provider: string): Promise<void>
  /** A real request to the service. */
  test(provider: string): Promise<TestResult>
  /** @throws ConnectionRefused */
  setDefaultModel(model: string | null): Promise<void>
  /** @throws ConnectionRefused */
  setFallbacks(models: readonly string[]): Promise<void>
}

export interface ConnectionsOptions {
  settings: ModelSettings
  store: ConnectionStore
  clock: Clock
  logger: Logger
  fetch: typeof globalThis.fetch
  /** Of a provider's models the breaker that is worst off. */
  breakerOf?: (provider: string) => CircuitStatus | null
  /** Where a local Ollama would answer. */
  ollamaUrl?: string
}

/** Reads what is stored once; this process is its only writer. */
export async function createConnections(options: ConnectionsOptions): Promise<Connections> {
  const { settings, store, clock, logger, fetch } = options
  const fromEnvironment = connectionsOf(settings)
  const loaded = await store.load()
  const stored = new Map(loaded.connections.map((entry) => [entry.provider, entry]))
  let storedDefault = loaded.defaultModel
  let storedFallbacks = loaded.fallbacks ?? []
  const listings = new Map<string, { at: number; models: Promise<string[] | undefined> }>()

  const lastKnown = new Map<string, string[]>()
  const remember = (key: string) => (models: string[]) => {
    lastKnown.set(key, models)
    return models
  }

  const choiceOf = (provider: string): readonly string[] =>
    stored.get(provider)?.enabledModels ?? []

  function all(): Connection[] {
    const environment = fromEnvironment.map((connection) => ({
      ...connection,
      enabledModels: choiceOf(connection.provider),
    }))
    const taken = new Set(environment.map((connection) => connection.provider))
    const others = [...stored.values()].filter(
      (entry) => !taken.has(entry.provider) && works(entry),
    )
    return [...environment, ...others.map(toConnection)]
  }
  const find = (provider: string) => all().find((connection) => connection.provider === provider)

  async function ask(connection: Connection, withinMs: number): Promise<string[]> {
    using limit = deadline(clock, withinMs, () => new NoAnswerInTime('no answer in time'))
    const { signal } = limit
    try {
      return await listModels(connection, { fetch, signal })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      // A kept-alive socket may have died since its last use: that says nothing of the service.
      if (explain(error, nameOf(connection)).failure.code !== 'model_cut') throw error
      return await listModels(connection, { fetch, signal })
    }
  }

  function listed(connection: Connection, withinMs = 2_000): Promise<string[] | undefined> {
    const key = `${connection.provider} ${connection.baseUrl}`
    const kept = listings.get(key)
    if (kept && clock.now() - kept.at < LISTING_KEPT_MS) return kept.models
    const models = ask(connection, withinMs)
      .then(remember(key))
      .catch((error: unknown) => {
        logger.debug({ provider: connection.provider, err: error }, 'models could not be listed')
        listings.delete(key)
        // A server that is down for a moment still has the models it had.
        return lastKnown.get(key)
      })
    listings.set(key, { at: clock.now(), models })
    return models
  }

  async function detected(): Promise<Connection[]> {
    if (find('ollama') || stored.has('ollama')) return []
    const address = options.ollamaUrl ?? providerOf('ollama').baseUrl
    const connection: Connection = {
      provider: 'ollama',
      source: 'detected',
      baseUrl: normalizeBaseUrl('ollama', address),
      apiKey: undefined,
      enabledModels: [],
      setAt: ADMIN_PAGE,
    }
    return (await listed(connection, DETECT_WITHIN_MS)) ? [connection] : []
  }

  async function view(connection: Connection): Promise<ConnectionView> {
    const known = isOfficial(connection)
      ? ((await listings.get(`${connection.provider} ${connection.baseUrl}`)?.models) ??
        providerOf(connection.provider).models)
      : ((await listed(connection)) ?? [])
    return {
      provider: connection.provider,
      label: providerOf(connection.provider).label,
      source: connection.source,
      base_url: connection.baseUrl,
      key_hint: connection.apiKey === undefined ? null : connection.apiKey.slice(-4),
      models: [...new Set([...connection.enabledModels, ...known])],
      enabled_models: [...connection.enabledModels],
      problem: problemOf(connection, stored.get(connection.provider)),
      breaker: options.breakerOf?.(connection.provider) ?? null,
    }
  }

  async function list(): Promise<ConnectionView[]> {
    const usable = new Set(all().map((connection) => connection.provider))
    const broken = [...stored.values()].filter((entry) => !usable.has(entry.provider))
    return Promise.all([...all(), ...broken.map(toConnection), ...(await detected())].map(view))
  }

  async function put(provider: string, change: ConnectionChange): Promise<void> {
    const environment = fromEnvironment.find((connection) => connection.provider === provider)
    if (environment && (change.apiKey !== undefined || change.baseUrl !== undefined))
      throw new ConnectionRefused(
        'conflict',
        `${environment.setAt} in the environment sets ${provider}. Change it there, or unset it and restart.`,
      )
    const next = merge(provider, stored.get(provider), change)
    if (!environment) refuseIncomplete(next)
    await store.put(next)
    stored.set(provider, next)
    listings.clear()
  }

  async function remove(provider: string): Promise<void> {
    const environment = fromEnvironment.find((connection) => connection.provider === provider)
    if (environment)
      throw new ConnectionRefused(
        'conflict',
        `${environment.setAt} in the environment connects ${provider}. Unset it and restart to disconnect.`,
      )
    if (!stored.has(provider))
      throw new ConnectionRefused('not_found', `${provider} is not connected.`)
    await store.remove(provider)
    stored.delete(provider)
    if (storedDefault !== null && splitModelId(storedDefault).provider === provider)
      await saveDefault(null)
  }

  async function saveDefault(model: string | null): Promise<void> {
    await store.setDefaultModel(model)
    storedDefault = model
  }

  async function test(provider: string): Promise<TestResult> {
    const connection =
      find(provider) ?? (await detected()).find((candidate) => candidate.provider === provider)
    if (!connection)
      return {
        ok: false,
        latency_ms: 0,
        models: [],
        error: `${provider} is not connected. Save a key or an address first.`,
      }
    const started = clock.monotonic()
    const latency = () => Math.round(clock.monotonic() - started)
    try {
      const key = `${connection.provider} ${connection.baseUrl}`
      const models = await ask(connection, TEST_WITHIN_MS).then(remember(key))
      listings.set(key, { at: clock.now(), models: Promise.resolve(models) })
      return { ok: true, latency_ms: latency(), models }
    } catch (error) {
      return { ok: false, latency_ms: latency(), models: [], error: testError(error, connection) }
    }
  }

  async function setDefaultModel(model: string | null): Promise<void> {
    if (settings.model !== undefined)
      throw new ConnectionRefused(
        'conflict',
        `NETRA_MODEL in the environment sets the default model (${settings.model}). Unset it to choose here.`,
      )
    const provider = model === null ? 'netra' : splitModelId(model).provider
    if (provider !== 'netra' && !find(provider))
      throw new ConnectionRefused('malformed', `${provider} is not connected. Connect it first.`)
    await saveDefault(model)
  }

  const chosenFallbacks = (): readonly string[] => settings.modelFallback ?? []
  const isSetOutside = chosenFallbacks().length > 0

  async function setFallbacks(models: readonly string[]): Promise<void> {
    if (isSetOutside)
      throw new ConnectionRefused(
        'conflict',
        `NETRA_MODEL_FALLBACK in the environment sets the models that stand in (${chosenFallbacks().join(', ')}). Unset it to choose here.`,
      )
    for (const model of models) {
      const { provider, model: name } = splitModelId(model)
      if (name === '')
        throw new ConnectionRefused('malformed', `${model} is not of the form <provider>/<model>.`)
      if (provider !== 'netra' && !find(provider))
        throw new ConnectionRefused('malformed', `${provider} is not connected. Connect it first.`)
    }
    const chosen = [...new Set(models)]
    await store.setFallbacks?.(chosen)
    storedFallbacks = chosen
  }

  return {
    all,
    find,
    chosenDefault: () => settings.model ?? storedDefault,
    fallbacks: () => (isSetOutside ? chosenFallbacks() : storedFallbacks),
    listed,
    list,
    put,
    remove,
    test,
    setDefaultModel,
    setFallbacks,
  }
}

class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime'
}

function testError(error: unknown, connection: Connection): string {
  if (error instanceof NoAnswerInTime)
    return `${connection.baseUrl} did not answer within ${TEST_WITHIN_MS / 1000} s.`
  return explain(error, nameOf(connection)).failure.message
}

export const nameOf = ({ provider, setAt, addressSetAt, baseUrl }: Connection): ModelName => ({
  provider,
  id: provider,
  setAt,
  addressSetAt,
  address: baseUrl,
})
