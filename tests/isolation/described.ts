import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'

import { ROUTES } from '../../scripts/openapi/document.ts'
import { isMedia, type Route } from '../../scripts/openapi/route.ts'
import type { Answer, Asked } from './ask.ts'

const NOT_DESCRIBED: Route = { summary: '', who: 'anybody', answers: {} }
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })

/** Where a request that succeeded, or its answer, is not as the OpenAPI document says. */
export function undescribed(route: string, asked: Asked, answer: Answer): string[] {
  const { body, answers, query } = ROUTES[route] ?? NOT_DESCRIBED
  const faults: string[] = []
  if (body && !isMedia(body) && asked.body !== undefined) {
    const parsed = body.safeParse(asked.body)
    if (!parsed.success) faults.push(`its body is not as described: ${parsed.error.message}`)
  }
  const given = new URL(asked.path, 'http://netra').searchParams
  const known = query ? Object.keys(jsonOf(query)['properties'] ?? {}) : []
  for (const name of given.keys()) {
    if (!known.includes(name)) faults.push(`the query ${name} is not described`)
  }
  const described = answers[answer.status]
  if (described === undefined) return [...faults, `the status ${answer.status} is not described`]
  if (described === null || isMedia(described) || !isJson(answer)) return faults
  const fits = ajv.compile(closed(jsonOf(described)))
  if (fits(JSON.parse(answer.body))) return faults
  const told = (fits.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath.replaceAll(/\/\d+/g, '/…')} ${message} ${JSON.stringify(params)}`,
  )
  return [...faults, ...new Set(told)]
}

const jsonOf = (schema: z.ZodType): Record<string, object> => {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  })
  return json as Record<string, object>
}

const isJson = ({ rawHeaders }: Answer): boolean =>
  rawHeaders.some((text) => text.startsWith('application/json'))

/** An answer may hold no more than what is described, wherever the description names fields. */
function closed<Value>(schema: Value): Value {
  if (Array.isArray(schema)) return schema.map((part: unknown) => closed(part)) as Value
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.entries(schema).map(([name, part]) => [name, closed(part as unknown)])
  const isObject = 'properties' in schema && !('additionalProperties' in schema)
  return Object.fromEntries([
    ...parts,
    ...(isObject ? [['additionalProperties', false]] : []),
  ]) as Value
}
