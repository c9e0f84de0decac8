import type { CalculateResult, TableProfile, TokenPriceResult } from '../../tools/data/schemas.ts'
import type { ToolRecord } from './conversation.ts'
import type { Result } from './phrase/phrase.ts'
import type { PlannedCall } from './plan/planned-call.ts'

/** The newest record of exactly this call. */
export const recordOf = (
  records: readonly ToolRecord[],
  { toolName, input }: PlannedCall,
): ToolRecord | undefined =>
  records.findLast(
    (record) => record.toolName === toolName && canonical(record.input) === canonical(input),
  )

/** JSON with sorted keys: a journal may give keys back in another order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : inner,
  )

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** A large result is cut to a preview on its way here, and then is no profile. */
export function asProfile(value: unknown): TableProfile | undefined {
  const whole =
    isRecord(value) &&
    typeof value['file_id'] === 'string' &&
    typeof value['rows'] === 'number' &&
    Array.isArray(value['columns']) &&
    isRecord(value['roles'])
  return whole ? (value as unknown as TableProfile) : undefined
}

export function asResult(toolName: string, value: unknown): Result | undefined {
  if (!isRecord(value)) return undefined
  const isTable = Array.isArray(value['rows']) && Array.isArray(value['columns'])
  if (toolName === 'query_table' && isTable) return { kind: 'query', value } as unknown as Result
  if (toolName === 'chart_table' && isTable) return { kind: 'chart', value } as unknown as Result
  if (toolName === 'price_workload' && Array.isArray(value['models'])) {
    return { kind: 'price', value } as unknown as Result
  }
  if (toolName === 'workload_profile' && isRecord(value['total']) && Array.isArray(value['groups']))
    return { kind: 'spend', value } as unknown as Result
  return undefined
}

/** Prices of tokens, whole. */
export const asTokenPrices = (value: unknown): TokenPriceResult | undefined =>
  isRecord(value) && Array.isArray(value['models']) && Array.isArray(value['unknown'])
    ? (value as unknown as TokenPriceResult)
    : undefined

export const asCalculation = (value: unknown): CalculateResult | undefined =>
  isRecord(value) && typeof value['value'] === 'number'
    ? (value as unknown as CalculateResult)
    : undefined
