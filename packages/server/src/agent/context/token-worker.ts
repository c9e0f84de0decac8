import { parentPort } from 'node:worker_threads'

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

import type { CountAnswer, CountRequest } from './token-messages.ts'

/** Text that looks like a control token of the encoding is counted as the text it is. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

parentPort?.on('message', ({ id, texts }: CountRequest) => {
  const answer: CountAnswer = { id, counts: texts.map((text) => countTokens(text, AS_TEXT)) }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(answer)
})
