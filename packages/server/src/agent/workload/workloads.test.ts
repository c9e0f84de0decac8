import { afterAll, beforeAll, expect, test } from 'vitest'

import { openDataStage, type DataStage } from '../../../testing/data-stage.ts'

let stage: DataStage

beforeAll(async () => {
  stage = await openDataStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

const AZURE = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
`
const OWN = `time,model,input_tokens,output_tokens
2026-01-05 10:00:00,gpt-4o,100,20
`

test('files of different columns are one workload; source tells them apart', async () => {
  const files = [await stage.store('azure.csv', AZURE), await stage.store('own.csv', OWN)]
  const ids = files.map(({ fileId }) => fileId)
  const workload = await stage.tools.workloads.open(ids, stage.contextOf(files))
  expect(workload.rows).toBe(3)
  expect([...workload.columns].toSorted()).toEqual([
    'at',
    'input_tokens',
    'model',
    'output_tokens',
    'requests',
    'source',
  ])
  const answer = await workload.query(
    'SELECT source, model, sum(requests), sum(input_tokens), min("at") FROM workload GROUP BY ALL ORDER BY ALL',
  )
  expect(answer.rows).toEqual([
    ['azure.csv', null, 2, 7988, '2023-11-16 18:17:03.979960'],
    ['own.csv', 'gpt-4o', 1, 100, '2026-01-05 10:00:00'],
  ])
})

test('a query over a workload reads nothing but the workload', async () => {
  const file = await stage.store('own.csv', OWN)
  const workload = await stage.tools.workloads.open([file.fileId], stage.contextOf([file]))
  const statements: [string, string][] = [
    ["SELECT * FROM read_csv('/etc/passwd')", 'out of reach'],
    ["ATTACH '/tmp/x.duckdb'", 'Only reading is allowed'],
    ['SELECT * FROM data', 'no table data'],
  ]
  for (const [sql, words] of statements) await expect(workload.query(sql)).rejects.toThrow(words)
})

test('words for nothing are empty cells, also beside columns that are passed on as they are', async () => {
  const csv = `time,model,user,input_tokens,output_tokens
2026-01-05 10:00:00,gpt-4o,ann,100,20
2026-01-05 10:00:01, null ,bob,5,1
`
  const file = await stage.store('nothing.csv', csv)
  const workload = await stage.tools.workloads.open([file.fileId], stage.contextOf([file]))
  const answer = await workload.query(
    'SELECT model, "user", input_tokens FROM workload ORDER BY "at"',
  )
  expect(answer.rows).toEqual([
    ['gpt-4o', 'ann', 100],
    [null, 'bob', 5],
  ])
})

test('cells that nothing can be counted with are empty, and their rows counted with the reason', async () => {
  const csv = `time,model,input_tokens,output_tokens,latency_ms,cost_usd
2026-01-05 10:00:00,gpt-4o,100,20,500,0.01
2026-01-05 10:00:01,gpt-4o,100,20,500,0.01
2026-01-05 10:00:02,gpt-4o,100,20,500,0.01
1970-01-01 00:00:00,gpt-4o,100,20,500,Infinity
1970-01-01 00:00:00,gpt-4o,-100,20,-500,0.01
9999-12-31 00:00:00,gpt-4o,100,20,500,1e22
1970-01-01 00:00:00,gpt-4o,100,20,500,0.01
`
  const file = await stage.store('odd.csv', csv)
  const workload = await stage.tools.workloads.open([file.fileId], stage.contextOf([file]))
  expect(workload.rejected).toEqual({
    count: 4,
    reasons: [
      '1 cells of at cannot be read, such as "9999-12-31 00:00:00": read as empty',
      '1 cells of input_tokens cannot be read, such as "-100": read as empty',
      '2 cells of cost_usd cannot be read, such as "inf": read as empty',
      '1 cells of latency_ms cannot be read, such as "-500": read as empty',
      '3 times are no dates, and most are, such as "1970-01-01 00:00:00": read as empty',
    ],
  })
  const answer = await workload.query(
    'SELECT count("at"), count(input_tokens), count(latency_ms), count(cost_usd), count(*) FROM workload',
  )
  expect(answer.rows).toEqual([[3, 6, 6, 5, 7]])
})

test('of as many dates as other times, the dates are the times', async () => {
  const csv = 'time,input_tokens,output_tokens\n1970-01-01 00:00:00,1,1\n2026-01-05 10:00:00,1,1\n'
  const file = await stage.store('even.csv', csv)
  const workload = await stage.tools.workloads.open([file.fileId], stage.contextOf([file]))
  const answer = await workload.query('SELECT "at" FROM workload ORDER BY ALL NULLS LAST')
  expect(answer.rows).toEqual([['2026-01-05 10:00:00'], [null]])
})
