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
  /**
   * After the last piece: `finish` ends as the API documents; `stall` sends nothing more; `cut`
   * destroys the socket; `close` ends the response without the API's ending.
   */
  then?: 'finish' | 'stall' | 'cut' | 'close'
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
type Json = any

/** Which API a path belongs to. */
export function dialectFor(path: string): Dialect {
  if (path.includes('/messages')) return anthropic
  if (path.includes('/v1beta')) return google
  return path.endsWith('/responses') ? openaiResponses : openaiChat
}

const piecesOf = (text: string | string[] | undefined): string[] =>
  Array.isArray(text) ? text : (text ?? '').split(/(?<=\s)/).filter((piece) => piece !== '')

const callsOf = (reply: Reply) =>
  (reply.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${crypto.randomUUID().slice(0, 8)}_${index}`,
    name: call.name,
    json: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))

const usageOf = (reply: Reply) => reply.usage ?? { input: 11, output: 7 }

const textOf = (content: Json): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part: Json) => part.text ?? '').join('')

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const named = (event: Json): string => `event: ${event.type}\n${data(event)}`

/** Splits a conversation into the last user text and the tool results after it. */
function sinceLastUser(
  entries: { user?: string; result?: string }[],
): Pick<Question, 'lastUserText' | 'toolResults'> {
  const last = entries.findLastIndex((entry) => entry.user !== undefined)
  return {
    lastUserText: entries[last]?.user ?? '',
    toolResults: entries.slice(last + 1).flatMap((entry) => entry.result ?? []),
  }
}

const openaiChat: Dialect = {
  read: (body: Json) => ({
    dialect: 'openai-chat',
    model: body.model,
    tools: (body.tools ?? []).map((tool: Json) => tool.function.name),
    ...sinceLastUser(
      body.messages.map((message: Json) => {
        if (message.role === 'user') return { user: textOf(message.content) }
        return message.role === 'tool' ? { result: textOf(message.content) } : {}
      }),
    ),
  }),
  speak(reply, { model }) {
    const chunk = (delta: unknown, finish: string | null = null) =>
      data({
        id: 'chatcmpl-test',
        object: 'chat.completion.chunk',
        created: 1,
        model,
        choices: [{ index: 0, delta, finish_reason: finish }],
      })
    const calls = callsOf(reply)
    const { input, output } = usageOf(reply)
    return {
      opening: [chunk({ role: 'assistant', content: '' })],
      pieces: [
        ...piecesOf(reply.reasoning).map((text) => chunk({ reasoning_content: text })),
        ...piecesOf(reply.text).map((text) => chunk({ content: text })),
        ...calls.map(({ id, name, json }, index) =>
          chunk({
            tool_calls: [{ index, id, type: 'function', function: { name, arguments: json } }],
          }),
        ),
      ],
      ending: [
        chunk({}, reply.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')),
        data({
          id: 'chatcmpl-test',
          object: 'chat.completion.chunk',
          created: 1,
          model,
          choices: [],
          usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
        }),
        'data: [DONE]\n\n',
      ],
    }
  },
  error: (status, message, code = `status_${status}`) => ({
    error: { message, type: 'test_error', param: null, code },
  }),
  listing: (models) => ({
    object: 'list',
    data: models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'test' })),
  }),
}

const openaiResponses: Dialect = {
  ...openaiChat,
  read: (body: Json) => ({
    dialect: 'openai-responses',
    model: body.model,
    tools: (body.tools ?? []).map((tool: Json) => tool.name),
    ...sinceLastUser(
      body.input.map((item: Json) => {
        if (item.role === 'user') return { user: textOf(item.content) }
        return item.type === 'function_call_output' ? { result: textOf(item.output) } : {}
      }),
    ),
  }),
  speak(reply, { model }) {
    const calls = callsOf(reply)
    const { input, output } = usageOf(reply)
    const text = piecesOf(reply.text)
    const message = {
      type: 'message',
      id: 'msg_test',
      role: 'assistant',
      status: 'completed',
      content: [],
    }
    const base = { id: 'resp_test', object: 'response', created_at: 1, model }
    return {
      opening: [named({ type: 'response.created', response: { ...base, status: 'in_progress' } })],
      pieces: [
        ...(text.length > 0
          ? [named({ type: 'response.output_item.added', output_index: 0, item: message })]
          : []),
        ...text.map((delta) =>
          named({
            type: 'response.output_text.delta',
            item_id: 'msg_test',
            output_index: 0,
            content_index: 0,
            delta,
          }),
        ),
        ...(text.length > 0
          ? [named({ type: 'response.output_item.done', output_index: 0, item: message })]
          : []),
        ...calls.map(({ id, name, json }, index) => {
          const item = {
            type: 'function_call',
            id: `fc_${id}`,
            call_id: id,
            name,
            status: 'completed',
          }
          const output_index = index + 1
          return [
            named({
              type: 'response.output_item.added',
              output_index,
              item: { ...item, arguments: '' },
            }),
            named({
              type: 'response.output_item.done',
              output_index,
              item: { ...item, arguments: json },
            }),
          ].join('')
        }),
      ],
      ending: [
        named({
          type: 'response.completed',
          response: {
            ...base,
            status: 'completed',
            usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
          },
        }),
      ],
    }
  },
}

const anthropic: Dialect = {
  read: (body: Json) => ({
    dialect: 'anthropic',
    model: body.model,
    tools: (body.tools ?? []).map((tool: Json) => tool.name),
    ...sinceLastUser(
      body.messages.flatMap((message: Json) => {
        if (message.role !== 'user') return [{}]
        const results = message.content.filter((part: Json) => part.type === 'tool_result')
        return results.length > 0
          ? results.map((part: Json) => ({ result: textOf(part.content) }))
          : [{ user: textOf(message.content) }]
      }),
    ),
  }),
  speak(reply, { model }) {
    const { input, output } = usageOf(reply)
    const calls = callsOf(reply)
    const stops = { stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal' }
    const blocks = [
      ...(reply.reasoning
        ? [
            {
              start: { type: 'thinking', thinking: '', signature: '' },
              deltas: [
                ...piecesOf(reply.reasoning).map((thinking) => ({
                  type: 'thinking_delta',
                  thinking,
                })),
                { type: 'signature_delta', signature: 'c2lnbmVk' },
              ],
            },
          ]
        : []),
      ...(reply.text
        ? [
            {
              start: { type: 'text', text: '' },
              deltas: piecesOf(reply.text).map((text) => ({ type: 'text_delta', text })),
            },
          ]
        : []),
      ...calls.map(({ id, name, json }) => ({
        start: { type: 'tool_use', id, name, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: json }],
      })),
    ]
    return {
      opening: [
        named({
          type: 'message_start',
          message: {
            id: 'msg_test',
            type: 'message',
            role: 'assistant',
            model,
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: input, output_tokens: 1 },
          },
        }),
      ],
      pieces: blocks.flatMap(({ start, deltas }, index) => [
        named({ type: 'content_block_start', index, content_block: start }),
        ...deltas.map((delta) => named({ type: 'content_block_delta', index, delta })),
        named({ type: 'content_block_stop', index }),
      ]),
      ending: [
        named({
          type: 'message_delta',
          delta: {
            stop_reason: reply.finish
              ? stops[reply.finish]
              : calls.length > 0
                ? 'tool_use'
                : 'end_turn',
            stop_sequence: null,
          },
          usage: { output_tokens: output },
        }),
        named({ type: 'message_stop' }),
      ],
    }
  },
  error: (status, message) => ({
    type: 'error',
    error: { type: status === 401 ? 'authentication_error' : 'api_error', message },
  }),
  listing: (models) => ({
    data: models.map((id) => ({
      type: 'model',
      id,
      display_name: id,
      created_at: '2026-01-01T00:00:00Z',
    })),
    has_more: false,
  }),
}

const googleChunk = (parts: unknown[], rest: object = {}, finish?: string) =>
  data({
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts },
        ...(finish ? { finishReason: finish } : {}),
      },
    ],
    ...rest,
  })

const google: Dialect = {
  read: (body: Json, path) => ({
    dialect: 'google',
    model: /models\/([^:]+)/.exec(path)?.[1] ?? '',
    tools: (body.tools ?? []).flatMap((tool: Json) =>
      (tool.functionDeclarations ?? []).map((declared: Json) => declared.name),
    ),
    ...sinceLastUser(
      body.contents.flatMap((content: Json) => {
        if (content.role !== 'user') return [{}]
        const results = content.parts.filter((part: Json) => part.functionResponse)
        return results.length > 0
          ? results.map((part: Json) => ({
              result: JSON.stringify(part.functionResponse.response),
            }))
          : [{ user: textOf(content.parts) }]
      }),
    ),
  }),
  speak(reply) {
    const { input, output } = usageOf(reply)
    const stops = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' }
    return {
      opening: [],
      pieces: [
        ...piecesOf(reply.reasoning).map((text) => googleChunk([{ text, thought: true }])),
        ...piecesOf(reply.text).map((text) => googleChunk([{ text }])),
        ...callsOf(reply).map(({ name, json }) =>
          googleChunk([{ functionCall: { name, args: JSON.parse(json) as unknown } }]),
        ),
      ],
      ending: [
        googleChunk(
          [],
          {
            usageMetadata: {
              promptTokenCount: input,
              candidatesTokenCount: output,
              totalTokenCount: input + output,
            },
          },
          stops[reply.finish ?? 'stop'],
        ),
      ],
    }
  },
  error: (status, message) => ({ error: { code: status, message, status: 'TEST' } }),
  listing: (models) => ({
    models: models.map((id) => ({
      name: `models/${id}`,
      displayName: id,
      supportedGenerationMethods: ['generateContent'],
    })),
  }),
}
