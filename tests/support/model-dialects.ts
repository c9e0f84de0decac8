import { anthropic } from './model-dialect-anthropic.ts'
import { google } from './model-dialect-google.ts'
import { openaiChat, openaiResponses } from './model-dialect-openai.ts'
import type { Dialect } from './model-dialect.ts'

/** Which API a path belongs to. */
export function dialectFor(path: string): Dialect {
  if (path.includes('/messages')) return anthropic
  if (path.includes('/v1beta')) return google
  return path.endsWith('/responses') ? openaiResponses : openaiChat
}
