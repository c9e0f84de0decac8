import {
  callsOf,
  data,
  named,
  piecesOf,
  sinceLastUser,
  textOf,
  usageOf,
  type Dialect,
  type Json,
} from './model-dialect.ts'

export const openaiChat: Dialect = {
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

export const openaiResponses: Dialect = {
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
