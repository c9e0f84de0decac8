import { expect, test } from 'vitest'

import { dataOf } from './server-sent.ts'

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('the data of each event, wherever the chunks end', async () => {
  const text =
    ':\n\nid: thread:t|e:1\ndata: {"a":"漢字 😀"}\n\ndata: one\ndata: two\n\ndata: cut off'
  for (const size of [1, 2, 3, 7, 1000]) {
    const seen: string[] = []
    for await (const data of dataOf(chunksOf(Buffer.from(text), size))) seen.push(data)
    expect(seen).toEqual(['{"a":"漢字 😀"}', 'one\ntwo'])
  }
})
