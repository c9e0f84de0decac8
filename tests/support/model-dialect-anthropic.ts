import {
  callsOf,
  named,
  piecesOf,
  sinceLastUser,
  textOf,
  usageOf,
  type Dialect,
  type Json,
} from './model-dialect.ts'

export const anthropic: Dialect = {
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
