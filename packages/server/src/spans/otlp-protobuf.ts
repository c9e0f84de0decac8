import { bytesOf, encodeField, fieldsOf, numberOf, type Field } from './protobuf.ts'
import {
  NotOtlp,
  type Attributes,
  type AttributeValue,
  type ReadRequest,
  type ReadSpan,
} from './read-span.ts'

/** An ExportTraceServiceRequest in protobuf. @throws NotOtlp */
export function readProtobuf(body: Buffer): ReadRequest {
  const read: ReadRequest = { spans: [], unreadable: 0 }
  for (const resourceSpans of messages(body, 1)) {
    const resource = attributesOf(messages(resourceSpans, 1).flatMap((each) => messages(each, 1)))
    for (const each of messages(resourceSpans, 2).flatMap((scope) => messages(scope, 2))) {
      try {
        read.spans.push(spanOf(each, resource))
      } catch (error) {
        if (!(error instanceof NotOtlp)) throw error
        read.unreadable += 1
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

const messages = (message: Buffer, number: number): Buffer[] =>
  [...fieldsOf(message)].filter((field) => field.number === number).map(bytesOf)

function spanOf(message: Buffer, resource: Attributes): ReadSpan {
  const attributes: Buffer[] = []
  const span = { traceId: '', name: '', start: 0n, end: 0n, isError: false }
  for (const field of fieldsOf(message)) {
    if (field.number === 1) span.traceId = bytesOf(field).toString('hex')
    else if (field.number === 5) span.name = bytesOf(field).toString('utf8')
    else if (field.number === 7) span.start = numberOf(field)
    else if (field.number === 8) span.end = numberOf(field)
    else if (field.number === 9) attributes.push(bytesOf(field))
    else if (field.number === 15) span.isError = isError(bytesOf(field))
  }
  return { ...span, attributes: attributesOf(attributes), resource }
}

const isError = (status: Buffer): boolean =>
  [...fieldsOf(status)].some((field) => field.number === 3 && numberOf(field) === 2n)

function attributesOf(pairs: readonly Buffer[]): Attributes {
  const read: Record<string, AttributeValue> = {}
  for (const pair of pairs) {
    let key = ''
    let value: AttributeValue | undefined
    for (const field of fieldsOf(pair)) {
      if (field.number === 1) key = bytesOf(field).toString('utf8')
      if (field.number === 2) value = valueOf(bytesOf(field), 0)
    }
    if (value !== undefined) read[key] = value
  }
  return read
}

const MOST_DEPTH = 16

function valueOf(message: Buffer, depth: number): AttributeValue | undefined {
  if (depth > MOST_DEPTH) throw new NotOtlp('An attribute is nested too deeply.')
  let value: AttributeValue | undefined
  for (const field of fieldsOf(message)) value = plainOf(field, depth)
  return value
}

function plainOf(field: Field, depth: number): AttributeValue | undefined {
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
      return messages(bytesOf(field), 1).flatMap((each) => valueOf(each, depth + 1) ?? [])
    default:
      return undefined
  }
}

function doubleOf(bits: bigint): number {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits))
  return bytes.readDoubleLE()
}
