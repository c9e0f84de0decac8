import { expect, test } from 'vitest'

import { guessRoles, wordsOf } from './roles.ts'
import type { ColumnKind } from './schemas.ts'

const columns = (names: string[], kind: ColumnKind) => names.map((name) => ({ name, kind }))

test.each([
  ['ContextTokens', 'context tokens'],
  ['context_tokens', 'context tokens'],
  ['CONTEXT TOKENS', 'context tokens'],
  ['context-tokens', 'context tokens'],
  ['numInputTokens', 'num input tokens'],
  ['LLMModel', 'llm model'],
  ['usage.prompt_tokens', 'usage prompt tokens'],
  ['prompttokens', 'prompt tokens'],
  ['tokenizer', 'tokenizer'],
])('%s is the words %s', (name, words) => {
  expect(wordsOf(name)).toBe(words)
})

test.each([
  [['ContextTokens', 'GeneratedTokens']],
  [['input_tokens', 'output_tokens']],
  [['PROMPT TOKENS', 'COMPLETION TOKENS']],
  [['promptTokenCount', 'candidatesTokenCount']],
  [['tokens_in', 'tokens_out']],
  [['total_input_tokens', 'total_output_tokens']],
  [['usage.prompt_tokens', 'usage.completion_tokens']],
  [['Input', 'Output']],
  [['context', 'generated']],
  [['num_prompt_tokens', 'n_completion_tokens']],
  [['Request tokens', 'Response tokens']],
  [['input length', 'output length']],
  [['inputtokens', 'outputtokens']],
])('%j are input and output tokens', ([input, output]) => {
  const found = guessRoles(columns(['id', output!, input!, 'latency_ms'], 'integer'))
  expect(found).toEqual({ input_tokens: input, output_tokens: output })
})

test('the plainest of several fitting names is taken', () => {
  const names = ['cached_input_tokens', 'input_tokens', 'prompt', 'output_length', 'output_tokens']
  expect(guessRoles(columns(names, 'integer'))).toEqual({
    input_tokens: 'input_tokens',
    output_tokens: 'output_tokens',
  })
})

test('cached, reasoning and total tokens are neither input nor output', () => {
  const names = ['cached_input_tokens', 'reasoning_output_tokens', 'total_tokens']
  expect(guessRoles(columns(names, 'integer'))).toEqual({})
})

test('a count of requests or responses is no count of tokens', () => {
  const names = ['requests', 'request_count', 'response_time', 'context_window', 'input_cost']
  expect(guessRoles(columns(names, 'integer'))).toEqual({})
})

test('texts are not token counts: a column of prompts is no input', () => {
  expect(guessRoles(columns(['prompt', 'response'], 'text'))).toEqual({})
})

test('time is the column of that kind, whatever its name; model and user by name', () => {
  expect(
    guessRoles([
      { name: 'when it came', kind: 'time' },
      { name: 'Model Name', kind: 'text' },
      { name: 'userId', kind: 'integer' },
      { name: 'time', kind: 'integer' },
    ]),
  ).toEqual({ time: 'when it came', model: 'Model Name', user: 'userId' })
})
