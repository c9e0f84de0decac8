import { expect, test } from 'vitest'

import { EventStreamParser } from './event-stream.ts'

const TEXT =
  'id: thread:t|e:1\ndata: {"a":1}\n\n: a comment\n\ndata: {"b":\ndata: 2}\r\n\r\nretry: 5\n\n'

test('a stream is read the same however it is cut', () => {
  const expected = [
    { id: 'thread:t|e:1', data: '{"a":1}' },
    { id: undefined, data: '{"b":\n2}' },
  ]
  expect(new EventStreamParser().push(TEXT)).toEqual(expected)
  for (let cut = 1; cut < TEXT.length; cut += 1) {
    const parser = new EventStreamParser()
    const all = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))]
    expect(all).toEqual(expected)
  }
})

test('a message that was cut off is none', () => {
  expect(new EventStreamParser().push('data: {"a":1}\n')).toEqual([])
})
