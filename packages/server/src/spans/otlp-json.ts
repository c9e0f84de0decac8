import { z } from 'zod'

import { ReadBounds } from './read-bounds.ts'
import {
  MOST_VALUE_DEPTH,
  NotOtlp,
  type Attributes,
  type AttributeValue,
  type ReadRequest,
  type ReadSpan,
} from './read-span.ts'

const nanos = z.union([z.string().regex(/^\d{1,20}$/), z.number().nonnegative()]).optional()

const span = z.object({
  traceId: z.string().max(64).optional(),
  name: z.string().optional(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  status: z.object({ code: z.union([z.number(), z.string()]).optional() }).optional(),
  attributes: z.array(z.unknown()).nullish(),
})

/**
 * An ExportTraceServiceRequest in OTLP/JSON. Spans are checked one by one, so that a bad one costs
 * only itself. @throws NotOtlp, TooMuch
 */
export function readJson(body: Buffer): ReadRequest {
  const bounds = new ReadBounds()
  countValues(body, bounds)
  const read: ReadRequest = { spans: [], unreadable: 0 }
  for (const group of listOf(objectOf(jsonOf(body))['resourceSpans'])) {
    bounds.count('groups of spans')
    const { resource, scopeSpans } = objectOf(group)
    const shared = attributesOf(objectOf(resource ?? {})['attributes'], bounds)
    for (const scope of listOf(scopeSpans)) {
      bounds.count('groups of spans')
      for (const each of listOf(objectOf(scope)['spans'])) {
        bounds.count('spans')
        const found = spanOf(each, shared, bounds)
        if (found) read.spans.push(found)
        else read.unreadable += 1
      }
    }
  }
  return read
}

function spanOf(written: unknown, resource: Attributes, bounds: ReadBounds): ReadSpan | undefined {
  const { success, data } = span.safeParse(written)
  if (!success) return undefined
  try {
    return {
      traceId: (data.traceId ?? '').toLowerCase(),
      name: data.name ?? '',
      start: nanosOf(data.startTimeUnixNano),
      end: nanosOf(data.endTimeUnixNano),
      isError: data.status?.code === 2 || data.status?.code === 'STATUS_CODE_ERROR',
      attributes: attributesOf(data.attributes, bounds),
      resource,
    }
  } catch (error) {
    if (error instanceof NotOtlp) return undefined
    throw error
  }
}

/** Before it is parsed: every value of JSON but the first has a bracket or a comma before it. */
function countValues(body: Buffer, bounds: ReadBounds): void {
  let inText = false
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at]
    if (inText) {
      if (byte === 0x5c) at += 1
      else if (byte === 0x22) inText = false
    } else if (byte === 0x22) inText = true
    else if (byte === 0x7b || byte === 0x5b || byte === 0x2c) bounds.count('JSON values')
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new NotOtlp('The body is no JSON.')
  }
}

const nanosOf = (value: string | number | undefined): bigint =>
  BigInt(typeof value === 'number' ? Math.trunc(value) : (value ?? 0))

const NO_REQUEST = 'The body is no ExportTraceServiceRequest in OTLP/JSON.'

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NotOtlp(NO_REQUEST)
  return { ...value }
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new NotOtlp(NO_REQUEST)
  return value
}

function attributesOf(list: unknown, bounds: ReadBounds): Attributes {
  const read: Record<string, AttributeValue> = {}
  for (const each of listOf(list)) {
    bounds.count('attributes and values')
    const { key, value } = objectOf(each)
    if (typeof key !== 'string') throw new NotOtlp(NO_REQUEST)
    const found = value === undefined ? undefined : valueOf(value, 0, bounds)
    if (found !== undefined) read[key] = found
  }
  return read
}

function valueOf(value: unknown, depth: number, bounds: ReadBounds): AttributeValue | undefined {
  if (depth > MOST_VALUE_DEPTH) throw new NotOtlp('An attribute is nested too deeply.')
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = objectOf(value)
  if (stringValue !== undefined) return plain(stringValue, 'string')
  if (boolValue !== undefined) return plain(boolValue, 'boolean')
  if (intValue !== undefined) return Number(plain(intValue, 'number', 'string'))
  if (doubleValue !== undefined) return Number(plain(doubleValue, 'number', 'string'))
  if (arrayValue === undefined) return undefined
  return listOf(objectOf(arrayValue)['values']).flatMap((each) => {
    bounds.count('attributes and values')
    return valueOf(each, depth + 1, bounds) ?? []
  })
}

function plain(value: unknown, ...types: readonly string[]): string | number | boolean {
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  if (!isPlain || !types.includes(typeof value)) throw new NotOtlp(NO_REQUEST)
  return value
}
