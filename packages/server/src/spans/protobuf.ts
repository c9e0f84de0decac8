import type { ReadBounds } from './read-bounds.ts'
import { NotOtlp } from './read-span.ts'

/** One field of a message: varints and fixed numbers as bigint, everything else as its bytes. */
export interface Field {
  number: number
  value: bigint | Buffer
}

const CUT = 'The protobuf body ends in the middle of a field.'

/** The fields of a protobuf message, in the order they stand. @throws NotOtlp, TooMuch */
export function* fieldsOf(message: Buffer, bounds: ReadBounds): Generator<Field> {
  const reader = { message, at: 0 }
  while (reader.at < message.length) {
    bounds.count('protobuf fields')
    const tag = wholeNumber(reader)
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        yield { number, value: varint(reader) }
        break
      case 1:
        yield { number, value: take(reader, 8).readBigUInt64LE() }
        break
      case 2:
        yield { number, value: take(reader, wholeNumber(reader)) }
        break
      case 5:
        yield { number, value: BigInt(take(reader, 4).readUInt32LE()) }
        break
      default:
        throw new NotOtlp('The body is no protobuf message.')
    }
  }
}

interface Reader {
  message: Buffer
  at: number
}

function varint(reader: Reader): bigint {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.message[reader.at]
    if (byte === undefined) throw new NotOtlp(CUT)
    reader.at += 1
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new NotOtlp('The body is no protobuf message.')
}

/** Tags and lengths, most of which are one byte and need no bigint. */
function wholeNumber(reader: Reader): number {
  const byte = reader.message[reader.at]
  if (byte === undefined || byte >= 0x80) return Number(varint(reader))
  reader.at += 1
  return byte
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length
  if (end > reader.message.length) throw new NotOtlp(CUT)
  const bytes = reader.message.subarray(reader.at, end)
  reader.at = end
  return bytes
}

export const bytesOf = ({ value }: Field): Buffer => {
  if (typeof value === 'bigint') throw new NotOtlp('The protobuf body has a number for a message.')
  return value
}

export const numberOf = ({ value }: Field): bigint => {
  if (typeof value !== 'bigint') throw new NotOtlp('The protobuf body has a message for a number.')
  return value
}

/** A field of text or bytes, or of a number, as it is written. */
export function encodeField(number: number, value: Buffer | bigint): Buffer {
  if (typeof value === 'bigint')
    return Buffer.concat([encodeVarint(BigInt(number << 3)), encodeVarint(value)])
  return Buffer.concat([
    encodeVarint(BigInt((number << 3) | 2)),
    encodeVarint(BigInt(value.length)),
    value,
  ])
}

function encodeVarint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}
