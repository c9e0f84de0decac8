import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { testAgent } from '@netra/agent-kit/test'

import rateEditor from './rate-editor.ts'

const folder = mkdtempSync(join(tmpdir(), 'rates-'))
process.env['RATES_FILE'] = join(folder, 'rates.json')
copyFileSync(new URL('./rates.json', import.meta.url), process.env['RATES_FILE'])
after(() => rmSync(folder, { recursive: true }))

const question = {
  message: 'gpt-4o is 2.00 from now on.',
  model: [
    { call: { tool: 'set_rate', input: { model: 'gpt-4o', usd_per_million: 2 } } },
    'Understood.',
  ],
}

test('nothing is written without a yes', async () => {
  const waiting = await testAgent(rateEditor, question)
  assert.deepEqual(waiting.waitsFor?.change?.after, 2)
  const refused = await testAgent(rateEditor, { ...question, approve: false })
  assert.equal(refused.toolCalls[0]?.status, 'denied')
  const allowed = await testAgent(rateEditor, { ...question, approve: true })
  assert.deepEqual(allowed.toolCalls[0]?.result, { written: true })
})
