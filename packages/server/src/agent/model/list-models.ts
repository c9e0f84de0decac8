import { APICallError } from '@ai-sdk/provider'
import { z } from 'zod'

import { providerOf, type Connection, type ProviderKind } from './providers.ts'

const openaiList = z.object({ data: z.array(z.object({ id: z.string() })) })
const googleList = z.object({
  models: z.array(
    z.object({ name: z.string(), supportedGenerationMethods: z.array(z.string()).optional() }),
  ),
})

/**
 * Asks the service itself which models it has: the cheapest request that proves address and key.
 * @throws what `explain` understands.
 */
export async function listModels(
  connection: Connection,
  options: { fetch: typeof globalThis.fetch; signal: AbortSignal },
): Promise<string[]> {
  const { kind } = providerOf(connection.provider)
  const url = `${connection.baseUrl}/models${kind === 'google' ? '?pageSize=1000' : kind === 'anthropic' ? '?limit=1000' : ''}`
  const response = await options.fetch(url, {
    headers: headersFor(kind, connection.apiKey),
    signal: options.signal,
  })
  const text = await response.text()
  if (!response.ok) throw refusal(url, response, text)
  return parseList(kind, text).filter((id) => canChat(connection, id))
}

function headersFor(kind: ProviderKind, apiKey: string | undefined): Record<string, string> {
  if (apiKey === undefined) return {}
  if (kind === 'anthropic') return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }
  return kind === 'google' ? { 'x-goog-api-key': apiKey } : { authorization: `Bearer ${apiKey}` }
}

function parseList(kind: ProviderKind, text: string): string[] {
  if (kind !== 'google') return openaiList.parse(JSON.parse(text)).data.map((model) => model.id)
  return googleList
    .parse(JSON.parse(text))
    .models.filter((model) => model.supportedGenerationMethods?.includes('generateContent') ?? true)
    .map((model) => model.name.replace(/^models\//, ''))
}

const NOT_CHAT =
  /embed|whisper|tts|transcribe|realtime|audio|image|dall-e|moderation|davinci|babbage|instruct|search|sora|computer-use|rerank|live|aqa|veo|imagen/i

/** A large catalogue also holds models that do not chat; a server of one's own holds what one put there. */
const canChat = (connection: Connection, id: string): boolean =>
  connection.provider === 'openai' || connection.provider === 'google'
    ? !NOT_CHAT.test(id)
    : !/embed|rerank/i.test(id)

function refusal(url: string, response: Response, text: string): APICallError {
  return new APICallError({
    message: messageIn(text) ?? response.statusText,
    url,
    requestBodyValues: {},
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: text,
  })
}

const errorBody = z.object({ error: z.object({ message: z.string() }) })

function messageIn(text: string): string | undefined {
  try {
    return errorBody.parse(JSON.parse(text)).error.message
  } catch {
    return undefined
  }
}
