import type { StoredConnection } from './connection-store.ts'
import { normalizeBaseUrl, providerOf, type Connection } from './providers.ts'

export const ADMIN_PAGE = 'Settings → Models'

/** Absent fields stay as they are. */
export interface ConnectionChange {
  apiKey?: string
  baseUrl?: string
  enabledModels?: string[]
}

/** A wish of an administrator that cannot be granted; the message says why and what to do. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused'
  readonly code: 'malformed' | 'conflict' | 'not_found'
  constructor(code: ConnectionRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

export const works = (entry: StoredConnection): boolean => {
  const { needsKey, baseUrl } = providerOf(entry.provider)
  return needsKey ? entry.apiKey !== undefined : (entry.baseUrl ?? baseUrl) !== ''
}

export function toConnection(entry: StoredConnection): Connection {
  const address = entry.baseUrl ?? providerOf(entry.provider).baseUrl
  return {
    provider: entry.provider,
    source: 'stored',
    baseUrl: address === '' ? '' : normalizeBaseUrl(entry.provider, address),
    apiKey: entry.apiKey,
    enabledModels: entry.enabledModels,
    setAt: ADMIN_PAGE,
  }
}

export function problemOf(
  connection: Connection,
  entry: StoredConnection | undefined,
): string | null {
  if (connection.source !== 'stored' || !entry || works(entry)) return null
  return entry.unreadableKey
    ? "The stored key cannot be read with this data folder's key file. Paste the key again."
    : 'It has no API key yet.'
}

const PROVIDER_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/

export function merge(
  provider: string,
  before: StoredConnection | undefined,
  change: ConnectionChange,
): StoredConnection {
  if (!PROVIDER_NAME.test(provider) || provider === 'netra')
    throw new ConnectionRefused(
      'malformed',
      'A connection is named by small letters, digits and hyphens, such as openai or my-vllm.',
    )
  const baseUrl =
    change.baseUrl === undefined ? before?.baseUrl : checkedUrl(provider, change.baseUrl)
  const apiKey = change.apiKey?.trim() || keptKey(before, baseUrl)
  return {
    provider,
    enabledModels: change.enabledModels ?? before?.enabledModels ?? [],
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  }
}

/** A key given for one address is not sent to another. */
const keptKey = (before: StoredConnection | undefined, baseUrl: string | undefined) =>
  before?.baseUrl === baseUrl ? before?.apiKey : undefined

function checkedUrl(provider: string, text: string): string | undefined {
  if (text.trim() === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new ConnectionRefused(
      'malformed',
      'The address must be an http or https URL without a user name, such as http://127.0.0.1:11434/v1.',
    )
  return normalizeBaseUrl(provider, text)
}

export function refuseIncomplete(entry: StoredConnection): void {
  if (works(entry)) return
  const { needsKey, label } = providerOf(entry.provider)
  throw new ConnectionRefused(
    'malformed',
    needsKey
      ? `${label} needs an API key.`
      : `${label} needs the address of a server that speaks the OpenAI API.`,
  )
}
