import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

import { expect, test } from 'vitest'

import { sampleWorkload } from './sample-workload.ts'
import { HEADER, SAMPLE_OPTIONS, workloadCsv } from './sample/make-workload.ts'

test('the script makes the very bytes of the sample', async () => {
  expect(await text(sampleWorkload().open())).toBe(workloadCsv(SAMPLE_OPTIONS))
})

test('the sample says that it is synthetic, in its name and in its readme', () => {
  expect(sampleWorkload()).toMatchObject({
    name: 'synthetic-llm-workload.csv',
    mediaType: 'text/csv',
  })
  const readme = readFileSync(new URL('./sample/README.md', import.meta.url), 'utf8')
  expect(readme.split('\n')[0]).toMatch(/is synthetic/)
})

test('the sample has 24,000 rows of a week, repeated prompts, light and heavy users', async () => {
  const [header, ...lines] = (await text(sampleWorkload().open())).trimEnd().split('\n')
  const rows = lines.map((line) => line.split(','))
  expect(header).toBe(HEADER)
  expect(rows).toHaveLength(24_000)
  expect(rows.every((row) => row.length === 7)).toBe(true)
  expect(new Set(rows.map((row) => row[0]!.slice(0, 10))).size).toBe(7)
  expect(rows.map((row) => row[0]!)).toEqual(rows.map((row) => row[0]!).toSorted())
  const perUser = [...Map.groupBy(rows, (row) => row[2]!).values()].map((of) => of.length)
  expect(Math.max(...perUser)).toBeGreaterThan(50 * Math.min(...perUser))
  expect(new Set(rows.map((row) => row[6]!)).size).toBeLessThan(20_000)
  expect(rows.every((row) => Number(row[3]) > 0 && Number(row[4]) > 0)).toBe(true)
})

test('another seed makes another workload', () => {
  const options = { ...SAMPLE_OPTIONS, rows: 50 }
  expect(workloadCsv({ ...options, seed: 1 })).not.toBe(workloadCsv({ ...options, seed: 2 }))
})
