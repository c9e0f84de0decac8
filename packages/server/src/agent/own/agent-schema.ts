import { z } from 'zod'

import type { OwnTool, Work } from './kit.ts'
import type { Problem } from './problem.ts'

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty: write a sentence')
    .max(max, `is longer than ${max} characters: shorten it`)
const MODEL = /^[a-z0-9][\w.-]*\/\S+$/i
const toolName = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,63}$/, 'is not the name of a tool: letters, digits, _ and - only')

/** What both kinds of files say of an agent; tools and instructions differ. */
export const COMMON = {
  name: line(60).optional(),
  description: line(300),
  model: z
    .string()
    .regex(MODEL, 'is not of the form <provider>/<model>, as openai/gpt-4o-mini')
    .optional(),
  approvals: z.array(toolName).max(64).default([]),
  mcp: z
    .union([z.boolean(), z.array(toolName).max(64)], {
      error: 'is neither true, false nor a list of names as github__create_issue',
    })
    .default(false),
  examples: z.array(line(300)).max(6, 'has more than 6 questions: keep the best').default([]),
  hidden: z.boolean({ error: 'is neither true nor false' }).default(false),
}

/** The front matter of `agents/<name>.md`. */
export const frontMatter = z.strictObject({
  ...COMMON,
  tools: z.array(toolName).max(64, 'has more than 64 names').default([]),
})

const aFunction = <Shape>() =>
  z.custom<Shape>((value) => typeof value === 'function', { error: 'is not a function' })

const ownTool = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'is not snake_case: write it as look_up_price'),
  description: line(2_000),
  input: z.custom<z.ZodObject>((value) => value instanceof z.ZodObject, {
    error: 'is not z.object({ … }): take z from @netra/agent-kit',
  }),
  effect: z.enum(['none', 'reads', 'writes', 'spends'], {
    error: "is none of 'none', 'reads', 'writes', 'spends'",
  }),
  approval: z.boolean({ error: 'is neither true nor false' }).optional(),
  timeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  preview: aFunction<OwnTool['preview'] & object>().optional(),
  run: aFunction<OwnTool['run']>(),
})

/** What `agents/<name>.ts` exports as its default. */
export const agentSpec = z
  .strictObject({
    ...COMMON,
    instructions: z
      .union([z.string().trim().min(1), aFunction<(at: { today: string }) => string>()], {
        error: 'is neither a text nor a function that gives one',
      })
      .optional(),
    tools: z
      .array(
        z.unknown().transform((value, context) => {
          const schema = typeof value === 'string' ? toolName : ownTool
          const read = schema.safeParse(value)
          if (read.success) return read.data
          for (const { path, message, code, ...rest } of read.error.issues) {
            const unknown = code === 'unrecognized_keys' && 'keys' in rest ? rest.keys : undefined
            context.addIssue({
              code: 'custom',
              path,
              message:
                unknown === undefined ? message : `has ${String(unknown)}, which no tool has`,
            })
          }
          return z.NEVER
        }),
      )
      .max(64)
      .default([]),
    program: aFunction<(work: Work) => Promise<string> | string>().optional(),
  })
  .refine(
    (spec) => (spec.instructions === undefined) !== (spec.program === undefined),
    'has neither instructions nor a program, or both: give one of them',
  )

export type ReadTool = z.output<typeof ownTool>
export type ReadSpec = z.output<typeof agentSpec>

const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')

/** Every mistake, with the place that the schema names. */
export function problemsOf(
  error: z.ZodError,
  known: readonly string[],
): (Problem & { path: readonly PropertyKey[] })[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ path: issue.path, field: fieldOf(issue.path), message: wordsOfIssue(issue) }]
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      field: fieldOf([...issue.path, key]),
      message: `is no field of an agent; there are ${known.join(', ')}`,
    }))
  })
}

function wordsOfIssue(issue: z.core.$ZodIssue): string {
  const isAbsent = issue.code === 'invalid_type' && issue.input === undefined
  if (isAbsent && issue.path.length === 1) return 'is missing: add it'
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return `is no ${issue.expected}`
  return issue.message
}

export const FRONT_MATTER_FIELDS = Object.keys(frontMatter.shape)
export const SPEC_FIELDS = Object.keys(agentSpec.shape)
