import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'

import { unreachable } from '../../platform/unreachable.ts'

/** Where one provider is reached, and with which key. */
export interface Connection {
  /** Also the first part of its models' ids. */
  provider: string
  source: 'environment' | 'stored' | 'detected'
  baseUrl: string
  apiKey: string | undefined
  /** Models an administrator chose; empty: no choice was made. */
  enabledModels: readonly string[]
  /** Where a person changes it: the name of a variable, or a page. */
  setAt: string
  /** Where its address is, when that is another place. */
  addressSetAt?: string | undefined
}

/** Kinds of file a model reads itself. */
export interface Accepts {
  images: boolean
  pdf: boolean
}

export type ProviderKind = 'openai' | 'anthropic' | 'google' | 'openai-compatible'

interface Provider {
  kind: ProviderKind
  label: string
  baseUrl: string
  /** Offered until an administrator chooses; the first is the default. */
  models: readonly string[]
  needsKey: boolean
}

const PROVIDERS: Record<string, Provider> = {
  openai: {
    kind: 'openai',
    label: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    models: ['gpt-5.4-mini', 'gpt-5.4', 'gpt-5.5', 'gpt-4o-mini', 'gpt-4o'],
    needsKey: true,
  },
  anthropic: {
    kind: 'anthropic',
    label: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    models: ['claude-sonnet-5', 'claude-opus-5', 'claude-haiku-4-5'],
    needsKey: true,
  },
  google: {
    kind: 'google',
    label: 'Google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    models: ['gemini-3.6-flash', 'gemini-3.5-flash-lite', 'gemini-2.5-pro'],
    needsKey: true,
  },
  ollama: {
    kind: 'openai-compatible',
    label: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    models: [],
    needsKey: false,
  },
  lmstudio: {
    kind: 'openai-compatible',
    label: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    models: [],
    needsKey: false,
  },
}

/** Any other name is an OpenAI-compatible server at an address that has to be given. */
export const providerOf = (name: string): Provider =>
  PROVIDERS[name] ?? {
    kind: 'openai-compatible',
    label: name,
    baseUrl: '',
    models: [],
    needsKey: false,
  }

/** True while the connection goes to the provider's own service. */
export const isOfficial = (connection: Connection): boolean => {
  const own = providerOf(connection.provider)
  return own.needsKey && connection.baseUrl === own.baseUrl
}

/** `http://host:port` becomes the address that the API lives at; a trailing slash goes. */
export function normalizeBaseUrl(provider: string, url: string): string {
  const parsed = new URL(url)
  const path = parsed.pathname.replace(/\/+$/, '')
  const version = providerOf(provider).kind === 'google' ? '/v1beta' : '/v1'
  return `${parsed.origin}${path === '' ? version : path}`
}

/** Builds the model; its package is loaded on first use, because loading all slows the start. */
export async function createLanguageModel(
  connection: Connection,
  model: string,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModelV4> {
  const { baseUrl: baseURL, apiKey = 'none' } = connection
  const { kind } = providerOf(connection.provider)
  switch (kind) {
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai')
      const openai = createOpenAI({ baseURL, apiKey, fetch })
      // Servers that imitate OpenAI know chat completions; few know the newer API.
      return isOfficial(connection) ? openai.responses(model) : openai.chat(model)
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic({ baseURL, apiKey, fetch })(model)
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle({ baseURL, apiKey, fetch })(model)
    }
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const key = connection.apiKey === undefined ? {} : { apiKey: connection.apiKey }
      const name = connection.provider
      return createOpenAICompatible({ name, baseURL, ...key, fetch, includeUsage: true })(model)
    }
    default:
      return unreachable(kind)
  }
}

const SEES =
  /vision|[-_.]vl\b|vl[:-]|llava|pixtral|gemma-?[34]|gpt-4o|gpt-4\.1|gpt-5|gpt-6|minicpm-v|llama-?4|mistral-small/i

/** Three services read images and PDF; of a server elsewhere only the model's name tells. */
export function acceptedBy(connection: Connection, model: string): Accepts {
  if (isOfficial(connection)) return { images: !/^(gpt-3|o1-mini|o3-mini)/.test(model), pdf: true }
  const kind = providerOf(connection.provider).kind
  if (kind === 'anthropic' || kind === 'google') return { images: true, pdf: true }
  return { images: SEES.test(model), pdf: false }
}

/** These reason for minutes without a byte; the usual patience would take that for a stall. */
export const thinksInSilence = (connection: Connection, model: string): boolean =>
  connection.provider === 'openai' &&
  isOfficial(connection) &&
  /^o\d|-pro\b|deep-research/.test(model)

export type CallOptions = Pick<LanguageModelV4CallOptions, 'providerOptions'>

/** Conversations live in the journal here; the provider is asked to keep no copy. */
export const callOptionsFor = (connection: Connection): CallOptions =>
  connection.provider === 'openai' && isOfficial(connection)
    ? { providerOptions: { openai: { store: false } } }
    : {}
