import { normalizeBaseUrl, providerOf, type Connection } from './providers.ts'

/** The variables that connect models, as the settings hold them. */
export interface ModelSettings {
  /** NETRA_MODEL */
  model?: string | undefined
  /** NETRA_MODEL_FALLBACK */
  modelFallback?: readonly string[] | undefined
  openaiApiKey?: string | undefined
  openaiBaseUrl?: string | undefined
  anthropicApiKey?: string | undefined
  anthropicBaseUrl?: string | undefined
  googleApiKey?: string | undefined
}

/** `<provider>/<model>`; a model's own name may hold slashes. */
export function splitModelId(id: string): { provider: string; model: string } {
  const slash = id.indexOf('/')
  return slash < 0
    ? { provider: id, model: '' }
    : { provider: id.slice(0, slash), model: id.slice(slash + 1) }
}

const ADDRESS_VARIABLES: Record<string, string> = {
  openai: 'OPENAI_BASE_URL',
  'openai-compatible': 'OPENAI_BASE_URL',
  anthropic: 'ANTHROPIC_BASE_URL',
}

/** What the environment connects: keys, addresses, and a local server that NETRA_MODEL names. */
export function connectionsOf(settings: ModelSettings): Connection[] {
  const connections: Connection[] = []
  const connect = (provider: string, setAt: string, baseUrl?: string, apiKey?: string): void => {
    const address = baseUrl ?? providerOf(provider).baseUrl
    connections.push({
      provider,
      source: 'environment',
      baseUrl: normalizeBaseUrl(provider, address),
      apiKey,
      enabledModels: [],
      setAt,
      addressSetAt: baseUrl === undefined ? undefined : ADDRESS_VARIABLES[provider],
    })
  }
  const { openaiApiKey, openaiBaseUrl, anthropicApiKey, anthropicBaseUrl, googleApiKey } = settings
  const openaiSetAt = openaiBaseUrl === undefined ? 'OPENAI_API_KEY' : 'OPENAI_BASE_URL'
  if (openaiApiKey !== undefined || openaiBaseUrl !== undefined)
    connect(
      'openai',
      openaiApiKey === undefined ? openaiSetAt : 'OPENAI_API_KEY',
      openaiBaseUrl,
      openaiApiKey,
    )
  if (anthropicApiKey !== undefined || anthropicBaseUrl !== undefined)
    connect('anthropic', 'ANTHROPIC_API_KEY', anthropicBaseUrl, anthropicApiKey)
  if (googleApiKey !== undefined)
    connect('google', 'GOOGLE_GENERATIVE_AI_API_KEY', undefined, googleApiKey)
  const named = settings.model === undefined ? undefined : splitModelId(settings.model).provider
  if (named !== undefined && !connections.some((connection) => connection.provider === named)) {
    const { needsKey, baseUrl } = providerOf(named)
    if (!needsKey && baseUrl !== '') connect(named, 'NETRA_MODEL')
    else if (named === 'openai-compatible' && openaiBaseUrl !== undefined)
      connect(named, 'OPENAI_BASE_URL', openaiBaseUrl, openaiApiKey)
  }
  return connections
}
