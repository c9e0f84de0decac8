import { describe, expect, test } from 'vitest'

import { readJson } from './otlp-json.ts'
import { readProtobuf } from './otlp-protobuf.ts'
import { encodeField } from './protobuf.ts'
import { TooMuch } from './read-bounds.ts'

/** `count` empty messages of the field `number`, two bytes each. */
const empty = (number: number, count: number): Buffer =>
  Buffer.alloc(count * 2, Buffer.from([(number << 3) | 2, 0]))
const inside = (bytes: Buffer, ...numbers: number[]): Buffer =>
  numbers.reduceRight((inner, number) => encodeField(number, inner), bytes)
const spansOf = (spans: string): string =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}]}]}]}`
const many = (value: string, count: number): string => Array(count).fill(value).join(',')
const arrays = (depth: number): string =>
  `{"key":"a","value":${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}}`

describe('a request that holds too many of something is refused while it is read', () => {
  test.each([
    ['resources', empty(1, 20_001)],
    ['scopes', inside(empty(2, 20_001), 1)],
    ['spans', inside(empty(2, 20_001), 1, 2)],
    ['attributes of a span', inside(empty(9, 250_001), 1, 2, 2)],
    ['attributes of a resource', inside(empty(1, 250_001), 1, 1)],
    ['values of an array', inside(empty(1, 250_001), 1, 2, 2, 9, 2, 5)],
    ['statuses of a status', inside(empty(1, 1_000_001), 1, 2, 2, 15)],
  ])('%s in protobuf', (_, body) => {
    expect(() => readProtobuf(body)).toThrow(TooMuch)
  })

  test.each([
    ['resources', `{"resourceSpans":[${many('{}', 20_001)}]}`],
    ['scopes', `{"resourceSpans":[{"scopeSpans":[${many('{}', 20_001)}]}]}`],
    ['spans', spansOf(many('{}', 20_001))],
    ['attributes', spansOf(`{"attributes":[${many('{"key":"a"}', 250_001)}]}`)],
    ['numbers', many('1', 1_000_002)],
    ['brackets', '['.repeat(1_000_001)],
  ])('%s in JSON', (_, body) => {
    expect(() => readJson(Buffer.from(body))).toThrow(TooMuch)
  })
})

test('an attribute of arrays in arrays costs its span in JSON, and the request in a resource', () => {
  const deep = arrays(5_000)
  const spans = spansOf(`{"attributes":[${deep}]},{"attributes":[${arrays(10)}]}`)
  expect(readJson(Buffer.from(spans))).toMatchObject({ spans: [{}], unreadable: 1 })
  const resource = `{"resourceSpans":[{"resource":{"attributes":[${deep}]}}]}`
  expect(() => readJson(Buffer.from(resource))).toThrow('nested too deeply')
})
