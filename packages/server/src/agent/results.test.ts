import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'
import { z } from 'zod'

import { only, stage, tool, turnOf, USER } from '../../testing/agent-stage.ts'
import { folderFiles } from '../../testing/folder-files.ts'
import { forModel, settleResult } from './results.ts'

const table = (rows: number, width = 8) => ({
  columns: [
    { name: 'n', kind: 'integer' },
    { name: 't', kind: 'text' },
  ],
  rows: Array.from({ length: rows }, (_, index) => [index, 'x'.repeat(width)]),
  row_count: rows,
  truncated: false,
})
const chart = (rows: number) => ({ ...table(rows), chart: { kind: 'line', title: 'T' } })
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

async function settle(result: unknown) {
  await using files = await folderFiles()
  const settled = await settleResult(result, {
    files,
    userId: USER,
    toolName: 'query_table',
    callId: 'call/1',
  })
  const [stored] = files.stored.values()
  const content = stored && (await readFile(files.pathOf(stored), 'utf8'))
  return { ...settled, stored, content }
}

test('a small result is kept as it is and stored nowhere', async () => {
  const { result, resultRef, stored } = await settle(table(10))
  expect(result).toEqual(table(10))
  expect(resultRef).toBeUndefined()
  expect(stored).toBeUndefined()
})

test('F92: a large table is stored once and its first rows stand for it', async () => {
  const { result, resultRef, stored, content } = await settle(table(5_000))
  expect(stored).toMatchObject({
    fileId: resultRef,
    userId: USER,
    name: 'query_table-call_1.json',
    mediaType: 'application/json',
    origin: 'result',
  })
  expect(JSON.parse(content ?? '')).toEqual(table(5_000))
  expect(result).toEqual({ ...table(50), row_count: 5_000, truncated: true })
})

test('rows too wide for a preview are left out rather than sent', async () => {
  const { result } = await settle(table(100, 5_000))
  expect(bytes(result)).toBeLessThanOrEqual(32 * 1024)
  expect(result).toMatchObject({ row_count: 100, truncated: true })
})

test('a large chart keeps its shape: evenly spaced rows, first and last among them', async () => {
  const { result } = await settle(chart(20_000))
  expect(bytes(result)).toBeLessThanOrEqual(64 * 1024)
  const { rows } = z.object({ rows: z.array(z.tuple([z.number(), z.string()])) }).parse(result)
  expect(rows.length).toBeGreaterThan(1_000)
  expect(rows[0]?.[0]).toBe(0)
  expect(rows.at(-1)?.[0]).toBe(19_999)
  const middle = rows[Math.floor(rows.length / 2)]?.[0] ?? 0
  expect(Math.abs(middle - 10_000)).toBeLessThan(50)
})

test('a chart that fits is kept whole although it is stored too', async () => {
  const { result, resultRef } = await settle(chart(2_000))
  expect(resultRef).toBeDefined()
  expect(result).toEqual(chart(2_000))
})

test('another large result is told by its beginning', async () => {
  const { result } = await settle({ text: 'y'.repeat(50_000) })
  expect(result).toMatchObject({ truncated: true, bytes: bytes({ text: 'y'.repeat(50_000) }) })
})

test('a result of undefined is null', async () => {
  expect((await settle(undefined)).result).toBeNull()
})

test('a model reads at most what it can use, with a note that there is more', () => {
  expect(forModel(table(10))).toEqual(table(10))
  const seen = forModel(table(1_000))
  expect(bytes(seen)).toBeLessThanOrEqual(16 * 1024)
  expect(seen).toMatchObject({ row_count: 1_000, note: expect.stringContaining('Only the first') })
  expect(forModel(chart(100))).toMatchObject({ row_count: 100, rows: chart(20).rows })
  expect(bytes(forModel({ text: 'y'.repeat(50_000) }))).toBeLessThanOrEqual(16 * 1024)
})

test('a run tells the preview, and the model reads no more than its share', async () => {
  await using s = await stage({
    tools: [tool('query_table', async () => table(5_000))],
    script: ({ toolResults }) =>
      toolResults.length === 0
        ? { toolCalls: [{ name: 'query_table', arguments: { value: 1 } }] }
        : { text: String(toolResults[0]?.length) },
  })
  const { steps } = await s.act(turnOf('?'))
  const [ended] = only(steps, 'tool_ended')
  expect(ended?.outcome.resultRef).toBeDefined()
  expect(bytes(ended?.outcome.result)).toBeLessThanOrEqual(32 * 1024)
  expect(Number(only(steps, 'spoken').at(-1)?.text)).toBeLessThanOrEqual(16 * 1024)
})
