import { CheckFailure } from '../outcome.ts'

/** @throws CheckFailure with what was wrong, unless it holds. */
export function due(holds: boolean, wrong: string): asserts holds {
  if (!holds) throw new CheckFailure(wrong)
}

/** A field of a JSON object that must be text with something in it. @throws CheckFailure */
export function textIn(body: Record<string, unknown>, name: string, where: string): string {
  const value = body[name]
  due(typeof value === 'string' && value !== '', `${where} has no ${name}: ${shown(value)}`)
  return value
}

/** A field of a JSON object that must be an object. @throws CheckFailure */
export function objectIn(
  body: Record<string, unknown>,
  name: string,
  where: string,
): Record<string, unknown> {
  const value = body[name]
  due(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    `${where} has no object ${name}: ${shown(value)}`,
  )
  return { ...value }
}

export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 120)
