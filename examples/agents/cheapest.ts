import { defineAgent, defineTool, z } from '@netra/agent-kit'

const compare = defineTool({
  name: 'compare_rates',
  description: 'Orders rates, the lowest first.',
  effect: 'none',
  input: z.object({ rates: z.record(z.string(), z.number()) }),
  run: ({ rates }) => Object.entries(rates).toSorted(([, a], [, b]) => a - b),
})

export default defineAgent({
  name: 'Cheapest',
  description: 'Says which of two models costs less. No language model is asked.',
  tools: [compare],
  async program({ think, call }) {
    think('Comparing the two.')
    const ordered = await call('compare_rates', { rates: { 'gpt-4o': 2.1, 'gpt-4o-mini': 0.12 } })
    return `The cheapest is **${(ordered as [string, number][])[0]?.[0]}**.`
  },
})
