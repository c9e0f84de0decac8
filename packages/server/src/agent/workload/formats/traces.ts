import type { Format } from './format.ts'

/** Published traces of LLM services, in which prompts are lengths or block ids. */
const azure: Format = {
  name: 'azure llm trace',
  needs: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
  columns: {
    at: { from: ['TIMESTAMP'] },
    input_tokens: { from: ['ContextTokens'] },
    output_tokens: { from: ['GeneratedTokens'] },
  },
}

const mooncake: Format = {
  name: 'mooncake trace',
  needs: ['timestamp', 'input_length', 'output_length', 'hash_ids'],
  columns: {
    at: { from: ['timestamp'], unit: 'trace_ms' },
    input_tokens: { from: ['input_length'] },
    output_tokens: { from: ['output_length'] },
    prompt_blocks: { from: ['hash_ids'] },
    block_tokens: { value: 512 },
  },
  note: 'Times count from the start of the trace, which is shown as 1970-01-01.',
}

export const TRACES: readonly Format[] = [azure, mooncake]
