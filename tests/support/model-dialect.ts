/** What the server says to one request. Parts are sent in the order of the fields. */
export interface Reply {
  reasoning?: string
  /** A list is sent piece by piece; one text is cut into words. */
  text?: string | string[]
  /** Written as it is after the pieces. */
  raw?: string
  toolCalls?: { id?: string; name: string; arguments: unknown }[]
  /** Before the first byte. */
  delayMs?: number
  /** Between two pieces. */
  paceMs?: number
  /** The last piece waits for this. */
  hold?: Promise<void>
  /**
   * After the last piece: `finish` ends as the API documents; `stall` sends nothing more; `cut`
   * destroys the socket; `close` ends the response without the API's ending.
   */
  after?: 'finish' | 'stall' | 'cut' | 'close'
  finish?: 'stop' | 'length' | 'content_filter'
  usage?: { input: number; output: number }
  /** Instead of an answer: this status with `headers` and `error` as the API shapes errors. */
  status?: number
  headers?: Record<string, string>
  error?: string
  /** The error's code, where the API has codes. */
  code?: string
  /** Instead of an answer: the socket is destroyed before any byte. */
  refuse?: true
}

/** A request in words that all APIs share. */
export interface Question {
  dialect: 'openai-chat' | 'openai-responses' | 'anthropic' | 'google'
  model: string
  /** Text of the last message of the user. */
  lastUserText: string
  /** Texts of the tool results since then, oldest first. */
  toolResults: string[]
  /** Names of the tools offered. */
  tools: string[]
}

export interface Dialect {
  read(body: unknown, path: string): Question
  speak(reply: Reply, question: Question): { opening: string[]; pieces: string[]; ending: string[] }
  error(status: number, message: string, code?: string): unknown
  listing(models: string[]): unknown
}

// oxlint-disable-next-line typescript/no-explicit-any -- bodies of four APIs, read loosely on purpose
export type Json = any

export const piecesOf = (text: string | string[] | undefined): string[] =>
  Array.isArray(text) ? text : (text ?? '').split(/(?<=\s)/).filter((piece) => piece !== '')

export const callsOf = (reply: Reply) =>
  (reply.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${crypto.randomUUID().slice(0, 8)}_${index}`,
    name: call.name,
    json: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))

export const usageOf = (reply: Reply) => reply.usage ?? { input: 11, output: 7 }

export const textOf = (content: Json): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part: Json) => part.text ?? '').join('')

export const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
export const named = (event: Json): string => `event: ${event.type}\n${data(event)}`

/** Splits a conversation into the last user text and the tool results after it. */
export function sinceLastUser(
  entries: { user?: string; result?: string }[],
): Pick<Question, 'lastUserText' | 'toolResults'> {
  const last = entries.findLastIndex((entry) => entry.user !== undefined)
  return {
    lastUserText: entries[last]?.user ?? '',
    toolResults: entries.slice(last + 1).flatMap((entry) => entry.result ?? []),
  }
}
