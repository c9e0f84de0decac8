import { z } from 'zod'

import type { Tool } from '../../tools/tool.ts'
import { isWorkloadColumn, WORKLOAD_COLUMNS } from '../../workload/columns.ts'
import { OWN_LOG, SOURCES } from './sources.ts'

export const findMissingDataInput = z.strictObject({
  missing: z
    .array(z.strictObject({ column: z.string().max(100), for: z.string().max(500) }))
    .max(60)
    .describe('Columns of the schema of workload events, and what each is needed for'),
  providers: z
    .array(z.string().max(100))
    .max(10)
    .optional()
    .describe(
      `Whose exports to describe; all unless given: ${SOURCES.map(({ provider }) => provider).join(', ')}`,
    ),
})

export interface MissingData {
  missing: {
    column: string
    meaning: string
    unit: string
    for: string
    /** Who has it under which name. */
    found_in: { provider: string; name: string }[]
    /** For what no export holds: what to log. */
    log: string | null
  }[]
  /** How each provider's export is made; those that hold most of what is missing first. */
  sources: { provider: string; export: string; holds: number; steps: string[]; columns: string[] }[]
}

export const findMissingData: Tool = {
  name: 'find_missing_data',
  description:
    'Says which data a question about AI spend lacks and how to get them: for each missing column its meaning, its name in the exports of OpenAI, Anthropic, Google, AWS Bedrock, Azure OpenAI, LiteLLM, Langfuse and OpenTelemetry, and the steps of each export.',
  input: findMissingDataInput,
  timeoutMs: 5_000,
  repeatable: true,
  effect: 'none',
  async run(input): Promise<MissingData> {
    const asked = findMissingDataInput.parse(input)
    const wanted = asked.providers?.map((name) => name.toLowerCase())
    const sources = SOURCES.filter(
      ({ provider }) =>
        wanted === undefined || wanted.some((name) => provider.toLowerCase() === name),
    )
    const known = asked.missing.flatMap(({ column, for: why }) =>
      isWorkloadColumn(column) ? [{ column, why }] : [],
    )
    const missing = known.map(({ column, why }) => ({
      column,
      meaning: WORKLOAD_COLUMNS[column].meaning,
      unit: WORKLOAD_COLUMNS[column].unit,
      for: why,
      found_in: sources.flatMap(({ provider, columns }) => {
        const name = columns[column]
        return name === undefined ? [] : [{ provider, name }]
      }),
      log: OWN_LOG[column] ?? null,
    }))
    return {
      missing,
      sources: sources
        .map((source) => ({
          provider: source.provider,
          export: source.export,
          holds: missing.filter(({ column }) => source.columns[column] !== undefined).length,
          steps: [...source.steps],
          columns: Object.entries(source.columns).map(
            ([column, name]) => `${column}: ${String(name)}`,
          ),
        }))
        .toSorted((a, b) => b.holds - a.holds),
    }
  },
}
