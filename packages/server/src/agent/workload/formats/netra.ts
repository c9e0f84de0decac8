import { MAPPED_COLUMNS } from '../columns.ts'
import type { Format } from './format.ts'

/** The schema itself: what Netra writes of spans and of its own usage. */
export const NETRA: readonly Format[] = [
  {
    name: 'netra workload',
    needs: ['at', 'requests', 'input_tokens', 'output_tokens'],
    columns: Object.fromEntries(MAPPED_COLUMNS.map((name) => [name, { from: [name] }])),
  },
]
