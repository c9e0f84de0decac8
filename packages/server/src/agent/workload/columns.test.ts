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
  for (const name of COLUMN_NAMES) {
    const { meaning, sort, unit } = WORKLOAD_COLUMNS[name]
    expect(meaning.length, name).toBeGreaterThan(5)
    if (sort !== 'text' && sort !== 'flag') expect(unit, name).not.toBe('')
  }
})

test('no format is called as another, and none hides behind one that asks for less of the same', () => {
  expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length)
  const lower = FORMATS.map(({ needs }) =>
    needs.map((need) => [need].flat().map((each) => each.toLowerCase())),
  )
  for (const [index, needs] of lower.entries()) {
    const before = lower.slice(0, index)
    const hidden = before.some((other) =>
      other.every((names) => needs.some((own) => own.every((name) => names.includes(name)))),
    )
    expect(hidden, FORMATS[index]?.name).toBe(false)
  }
})
