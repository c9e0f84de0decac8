import assert from 'node:assert/strict'
import { test } from 'node:test'

import { testAgent } from '@netra/agent-kit/test'

import rateDesk from './rate-desk.ts'

test('the rate comes from the contract', async () => {
  const run = await testAgent(rateDesk, {
    message: 'What does gpt-4o cost us?',
    model: [
      { say: 'I look it up.', call: { tool: 'contract_rate', input: { model: 'gpt-4o' } } },
      'gpt-4o costs us $2.10 per million input tokens.',
    ],
  })
  assert.deepEqual(run.toolCalls[0]?.result, { model: 'gpt-4o', usd_per_million: 2.1 })
  assert.match(run.answer ?? '', /2\.10/)
})
