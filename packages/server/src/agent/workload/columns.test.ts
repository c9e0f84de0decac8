import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'

import { withTables } from '../../../../../scripts/workload-tables.ts'
import { COLUMN_NAMES, WORKLOAD_COLUMNS } from './columns.ts'
import { FORMATS } from './recognise.ts'

test('the page on usage data has the tables of the code (node scripts/workload-tables.ts)', async () => {
  const page = await readFile(new URL('../../../../../docs/workload.md', import.meta.url), 'utf8')
  expect(page).toBe(withTables(page))
})

test('each column says what it means, and what is counted in', () => {
  const silent = COLUMN_NAMES.filter((name) => {
    const { meaning, sort, unit }: { meaning: string; sort: string; unit: string } =
      WORKLOAD_COLUMNS[name]
    const isCounted = sort !== 'text' && sort !== 'flag'
    return meaning.length < 6 || (isCounted && unit === '')
  })
  expect(silent).toEqual([])
})

test('no format is called as another, and none hides behind one that asks for less of the same', () => {
  expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length)
  const lower = FORMATS.map(({ needs }) =>
    needs.map((need) => [need].flat().map((each) => each.toLowerCase())),
  )
  const hidden = lower.filter((needs, index) =>
    lower
      .slice(0, index)
      .some((other) =>
        other.every((names) => needs.some((own) => own.every((name) => names.includes(name)))),
      ),
  )
  expect(hidden).toEqual([])
})
