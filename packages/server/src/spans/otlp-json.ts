import { z } from 'zod'

import { NotOtlp, type Attributes, type AttributeValue, type ReadRequest } from './read-span.ts'

interface AnyValue {
  stringValue?: string | undefined
  boolValue?: boolean | undefined
  intValue?: string | number | undefined
  doubleValue?: number | string | undefined
  arrayValue?: { values?: AnyValue[] | undefined } | undefined
}

const anyValue: z.ZodType<AnyValue> = z.lazy(() =>
  z.object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.union([z.number(), z.string()]).optional(),
    arrayValue: z.object({ values: z.array(anyValue).optional() }).optional(),
  }),
)
const attributes = z.array(z.object({ key: z.string(), value: anyValue.optional() })).optional()
const nanos = z.union([z.string().regex(/^\d{1,20}$/), z.number().nonnegative()]).optional()

const span = z.object({
  traceId: z.string().max(64).optional(),
  name: z.string().optional(),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  status: z.object({ code: z.union([z.number(), z.string()]).optional() }).optional(),
  attributes,
})

/** Spans are checked one by one, so that a bad one costs only itself. */
const request = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).nullish(),
        scopeSpans: z.array(z.object({ spans: z.array(z.unknown()).nullish() })).nullish(),
      }),
    )
    .optional(),
})

/** An ExportTraceServiceRequest in OTLP/JSON. @throws NotOtlp */
export function readJson(body: Buffer): ReadRequest {
  const parsed = request.safeParse(jsonOf(body))
  if (!parsed.success) throw new NotOtlp('The body is no ExportTraceServiceRequest in OTLP/JSON.')
  const read: ReadRequest = { spans: [], unreadable: 0 }
  for (const { resource, scopeSpans } of parsed.data.resourceSpans ?? []) {
    const shared = attributesOf(resource?.attributes)
    for (const each of (scopeSpans ?? []).flatMap(({ spans }) => spans ?? [])) {
      const found = span.safeParse(each)
      if (!found.success) {
        read.unreadable += 1
        continue
      }
      const { data } = found
      read.spans.push({
        traceId: (data.traceId ?? '').toLowerCase(),
        name: data.name ?? '',
        start: nanosOf(data.startTimeUnixNano),
        end: nanosOf(data.endTimeUnixNano),
        isError: data.status?.code === 2 || data.status?.code === 'STATUS_CODE_ERROR',
        attributes: attributesOf(data.attributes),
        resource: shared,
      })
    }
  }
  return read
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

function attributesOf(list: z.infer<typeof attributes>): Attributes {
  const read: Record<string, AttributeValue> = {}
  for (const { key, value } of list ?? []) {
    const found = value && valueOf(value)
    if (found !== undefined) read[key] = found
  }
  return read
}

function valueOf(value: AnyValue): AttributeValue | undefined {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = value
  if (stringValue !== undefined) return stringValue
  if (boolValue !== undefined) return boolValue
  if (intValue !== undefined) return Number(intValue)
  if (doubleValue !== undefined) return Number(doubleValue)
  return arrayValue?.values?.flatMap((each) => valueOf(each) ?? [])
}
