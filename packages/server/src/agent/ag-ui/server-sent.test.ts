import { expect, test } from 'vitest'

import { dataOf, EventTooLong } from './server-sent.ts'

const read = (...pieces: (string | Uint8Array)[]): Promise<string[]> => readAll(pieces)

async function readAll(pieces: (string | Uint8Array)[]): Promise<string[]> {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  const events: string[] = []
  for await (const data of dataOf(ReadableStream.from(bytes))) events.push(data)
  return events
}

test('events end with their empty line, however the stream is cut and whatever ends its lines', async () => {
  expect(await read('data: one\n\ndata:two\r\n\r\n', 'data: thr', 'ee\r', '\r')).toEqual([
    'one',
    'two',
    'three',
  ])
  expect(await read('data: a\ndata: b\n\n')).toEqual(['a\nb'])
  const [first = 0, ...rest] = Buffer.from('é')
  const split = [Uint8Array.of(first), Uint8Array.from(rest)] as const
  expect(await read('data: ', ...split, '\n\n')).toEqual(['é'])
})

test('comments, other fields and an event without its empty line are none', async () => {
  expect(await read(': ping\n\nevent: x\nid: 1\ndata: one\n\ndata: half')).toEqual(['one'])
  expect(await read('data: half\n')).toEqual([])
})

test('a line without an end is searched once, however small its pieces are, and is cut off', async () => {
  const small = Array.from({ length: 300_000 }, () => 'x')
  const begun = performance.now()
  expect(await readAll(['data: ', ...small, '\r', '\n', '\n'])).toEqual(['x'.repeat(300_000)])
  expect(performance.now() - begun).toBeLessThan(8_000)
  const long = 'x'.repeat(500_000)
  await expect(read(long, long, long, long, 'x')).rejects.toThrow(EventTooLong)
}, 60_000)
