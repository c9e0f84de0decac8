import {
  callsOf,
  data,
  piecesOf,
  sinceLastUser,
  textOf,
  usageOf,
  type Dialect,
  type Json,
} from './model-dialect.ts'

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

export const google: Dialect = {
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
