import { readFile } from 'node:fs/promises'

import { defineAgent, defineTool, ToolError, z } from '@netra/agent-kit'

const rates = new URL('./rates.json', import.meta.url)

const contractRate = defineTool({
  name: 'contract_rate',
  description: 'What a million input tokens of a model cost under our contract, in US dollars.',
  effect: 'reads',
  input: z.object({ model: z.string().describe('As in the contract: gpt-4o') }),
  async run({ model }) {
    const known: Record<string, number> = JSON.parse(await readFile(rates, 'utf8'))
    const usd = known[model]
    if (usd === undefined)
      throw new ToolError(`No rate for ${model}. There are ${Object.keys(known).join(', ')}.`)
    return { model, usd_per_million: usd }
  },
})

export default defineAgent({
  name: 'Rate desk',
  description: 'Knows what our contract says of prices.',
  instructions: 'Answer from contract_rate alone, and name the model. Use calculate for sums.',
  tools: [contractRate, 'calculate'],
})
