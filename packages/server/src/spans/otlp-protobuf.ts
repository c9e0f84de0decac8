import { bytesOf, encodeField, fieldsOf, numberOf, type Field } from './protobuf.ts'
import { ReadBounds } from './read-bounds.ts'
import {
  MOST_VALUE_DEPTH,
  NotOtlp,
  type Attributes,
  type AttributeValue,
  type ReadRequest,
  type ReadSpan,
} from './read-span.ts'

/** An ExportTraceServiceRequest in protobuf. @throws NotOtlp, TooMuch */
export function readProtobuf(body: Buffer): ReadRequest {
  const read: ReadRequest = { spans: [], unreadable: 0 }
  const bounds = new ReadBounds()
  for (const resourceSpans of messages(body, 1, bounds)) {
    bounds.count('groups of spans')
    const { resource, scopes } = partsOf(resourceSpans, bounds)
    for (const scope of scopes) {
      for (const each of messages(scope, 2, bounds)) {
        bounds.count('spans')
        try {
          read.spans.push(spanOf(each, resource, bounds))
        } catch (error) {
          if (!(error instanceof NotOtlp)) throw error
          read.unreadable += 1
        }
      }
    }
  }
  return read
}

/** ExportTraceServiceResponse: nothing for a full success. */
export function partialSuccess(rejected: number, message: string): Buffer {
  if (rejected === 0 && message === '') return Buffer.alloc(0)
  const partial = Buffer.concat([
    encodeField(1, BigInt(rejected)),
    encodeField(2, Buffer.from(message)),
  ])
  return encodeField(1, partial)
}

/** google.rpc.Status: how every request that is not taken is answered. */
export const statusMessage = (message: string): Buffer => encodeField(2, Buffer.from(message))

function* messages(message: Buffer, number: number, bounds: ReadBounds): Generator<Buffer> {
  for (const field of fieldsOf(message, bounds)) if (field.number === number) yield bytesOf(field)
}

/** The spans of a resource may stand before what it is. */
function partsOf(
  resourceSpans: Buffer,
  bounds: ReadBounds,
): { resource: Attributes; scopes: Buffer[] } {
  const pairs: Buffer[] = []
  const scopes: Buffer[] = []
  for (const field of fieldsOf(resourceSpans, bounds)) {
    if (field.number === 1) {
      for (const pair of messages(bytesOf(field), 1, bounds)) {
        bounds.count('attributes and values')
        pairs.push(pair)
      }
    } else if (field.number === 2) {
      bounds.count('groups of spans')
      scopes.push(bytesOf(field))
    }
  }
  return { resource: attributesOf(pairs, bounds), scopes }
}

function spanOf(message: Buffer, resource: Attributes, bounds: ReadBounds): ReadSpan {
  const attributes: Buffer[] = []
  const span = { traceId: '', name: '', start: 0n, end: 0n, isError: false }
  for (const field of fieldsOf(message, bounds)) {
    if (field.number === 1) span.traceId = bytesOf(field).toString('hex')
    else if (field.number === 5) span.name = bytesOf(field).toString('utf8')
    else if (field.number === 7) span.start = numberOf(field)
    else if (field.number === 8) span.end = numberOf(field)
    else if (field.number === 9) {
      bounds.count('attributes and values')
      attributes.push(bytesOf(field))
    } else if (field.number === 15) span.isError = isError(bytesOf(field), bounds)
  }
  return { ...span, attributes: attributesOf(attributes, bounds), resource }
}

function isError(status: Buffer, bounds: ReadBounds): boolean {
  for (const field of fieldsOf(status, bounds))
    if (field.number === 3 && numberOf(field) === 2n) return true
  return false
}

function attributesOf(pairs: readonly Buffer[], bounds: ReadBounds): Attributes {
  const read: Record<string, AttributeValue> = {}
  for (const pair of pairs) {
    let key = ''
    let value: AttributeValue | undefined
    for (const field of fieldsOf(pair, bounds)) {
      if (field.number === 1) key = bytesOf(field).toString('utf8')
      if (field.number === 2) value = valueOf(bytesOf(field), 0, bounds)
    }
    if (value !== undefined) read[key] = value
  }
  return read
}

function valueOf(message: Buffer, depth: number, bounds: ReadBounds): AttributeValue | undefined {
  if (depth > MOST_VALUE_DEPTH) throw new NotOtlp('An attribute is nested too deeply.')
  let value: AttributeValue | undefined
  for (const field of fieldsOf(message, bounds)) value = plainOf(field, depth, bounds)
  return value
}

function plainOf(field: Field, depth: number, bounds: ReadBounds): AttributeValue | undefined {
  switch (field.number) {
    case 1:
      return bytesOf(field).toString('utf8')
    case 2:
      return numberOf(field) !== 0n
    case 3:
      return Number(BigInt.asIntN(64, numberOf(field)))
    case 4:
      return doubleOf(numberOf(field))
    case 5:
      return valuesOf(bytesOf(field), depth, bounds)
    default:
      return undefined
  }
}

function valuesOf(list: Buffer, depth: number, bounds: ReadBounds): AttributeValue[] {
  const values: AttributeValue[] = []
  for (const each of messages(list, 1, bounds)) {
    bounds.count('attributes and values')
    const value = valueOf(each, depth + 1, bounds)
    if (value !== undefined) values.push(value)
  }
  return values
}

function doubleOf(bits: bigint): number {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits))
  return bytes.readDoubleLE()
}
