import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'

import type { JsonSchema } from './definition.ts'
import { inTime, isOverrun } from './in-time.ts'

const MAX_KEPT = 500
const GIVEN_UP = 'it takes too long to check, and is not checked any more'

type Problem = string | undefined
type Check = (value: unknown) => Problem

const kept = new Map<string, Check>()
/** Schemas that took too long once, by their hash: each of them stops the whole process that once. */
const givenUp = new Set<string>()
const MAX_GIVEN_UP = 10_000

/**
 * What is wrong with a value by a server's own JSON Schema; undefined: nothing. `hash` stands for
 * the schema: checks are kept by it. One that takes too long says so that once, and its values are
 * not checked any more: they come from the same hand, and are read as untrusted all the same.
 */
export function problemBySchema(schema: JsonSchema, hash: string, value: unknown): Problem {
  if (givenUp.has(hash)) return undefined
  try {
    const check = kept.get(hash) ?? compile(schema)
    kept.delete(hash)
    kept.set(hash, check)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return inTime(() => check(value))
  } catch (error) {
    if (isOverrun(error)) giveUp(hash)
    return tooLong(error)
  }
}

function giveUp(hash: string): void {
  kept.delete(hash)
  givenUp.add(hash)
  const [oldest] = givenUp
  if (givenUp.size > MAX_GIVEN_UP && oldest !== undefined) givenUp.delete(oldest)
}

function compile(schema: JsonSchema): Check {
  try {
    // One for each: what it has seen it keeps, and one server's names must not meet another's.
    const check = inTime(() => new AjvJsonSchemaValidator().getValidator(schema))
    return (value) => {
      const found = check(value)
      return found.valid ? undefined : found.errorMessage.slice(0, 500)
    }
  } catch (error) {
    if (isOverrun(error)) throw error
    const problem = `its schema cannot be used: ${tooLong(error)}`
    return () => problem
  }
}

function tooLong(error: unknown): string {
  const { message } = error as { message?: unknown }
  return isOverrun(error) ? GIVEN_UP : String(message ?? error).slice(0, 200)
}
