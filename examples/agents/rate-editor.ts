import { readFile, writeFile } from 'node:fs/promises'

import { defineAgent, defineTool, z } from '@netra/agent-kit'

const rates = () => process.env['RATES_FILE'] ?? new URL('./rates.json', import.meta.url)
const read = async (): Promise<Record<string, number>> =>
  JSON.parse(await readFile(rates(), 'utf8'))

const setRate = defineTool({
  name: 'set_rate',
  description: 'Writes a rate of our contract.',
  effect: 'writes',
  input: z.object({ model: z.string(), usd_per_million: z.number().positive() }),
  async preview({ model, usd_per_million: after }) {
    return { summary: `Changes the rate of ${model}.`, before: (await read())[model], after }
  },
  async run({ model, usd_per_million }) {
    await writeFile(rates(), JSON.stringify({ ...(await read()), [model]: usd_per_million }))
    return { written: true }
  },
})

export default defineAgent({
  name: 'Rate editor',
  description: 'Keeps the rates of our contract up to date.',
  instructions: 'Change a rate with set_rate when the person gives one.',
  tools: [setRate],
})
