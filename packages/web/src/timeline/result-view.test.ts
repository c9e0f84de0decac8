import { expect, test } from 'vitest'

import { markMatches } from './matches.ts'
import { cellText, columnFormat, resultView } from './result-view.ts'
import { layOutSql } from './sql.ts'

const columns = [
  { name: 'model', kind: 'text' },
  { name: 'requests', kind: 'integer' },
]

test('a query result is a table with its numbers to the right', () => {
  const view = resultView({ columns, rows: [['a', 5]], row_count: 12_000, truncated: true })
  expect(view).toMatchObject({
    kind: 'table',
    table: {
      columns: [
        { name: 'model', numeric: false },
        { name: 'requests', numeric: true },
      ],
      total: 12_000,
    },
  })
})

test('a chart comes with its numbers', () => {
  const chart = {
    kind: 'bar',
    title: 'T',
    x: { column: 'model', kind: 'text' },
    y: [{ column: 'requests' }],
  }
  const view = resultView({ columns, rows: [['a', 5]], row_count: 1, truncated: false, chart })
  expect(view).toMatchObject({ kind: 'chart', table: { rows: [['a', 5]] } })
})

test('prices are to the cent, and what has none is named', () => {
  const view = resultView({
    rows: 2,
    models: [
      {
        asked: 'gpt-4o',
        provider: 'openai',
        model: 'gpt-4o',
        input_usd: 3.354,
        output_usd: 2.4533,
        total_usd: 5.8073,
        total_text: '$5.81',
      },
    ],
    unknown: [{ model: 'gpt-9', nearest: ['gpt-5'] }],
  })
  expect(view).toMatchObject({
    kind: 'table',
    table: {
      rows: [['gpt-4o', 'openai', '$3.35', '$2.45', '$5.81']],
      note: 'No price is known for gpt-9; near it: gpt-5.',
    },
  })
})

test('an error is its message, and a shape nobody knows is shown as it came', () => {
  expect(resultView({ error: 'no such column' })).toEqual({
    kind: 'error',
    message: 'no such column',
  })
  expect(resultView({ other: 1 })).toEqual({ kind: 'text', text: '{\n  "other": 1\n}' })
  expect(resultView(null)).toEqual({ kind: 'none' })
})

test('numbers of one column are written alike', () => {
  const table = {
    columns: [{ name: 'max', numeric: true }],
    rows: [[14_050], [1000]],
    total: 2,
    unit: 'row',
    note: null,
  }
  const format = columnFormat(table, 0)
  expect(table.rows.map(([cell]) => cellText(cell ?? null, true, format))).toEqual([
    '14,050',
    '1,000',
  ])
})

test('SQL on one line gets a line for each clause, but never within quotes or parentheses', () => {
  const sql = `SELECT count(*) AS "from", (SELECT 1 FROM data) FROM data WHERE a = 'x from y' GROUP BY 1`
  expect(layOutSql(sql)).toBe(
    `SELECT count(*) AS "from", (SELECT 1 FROM data)\nFROM data\nWHERE a = 'x from y'\nGROUP BY 1`,
  )
})

test('a long list of a clause gets a line for each entry', () => {
  const sql =
    'SELECT count(*) AS requests, round(avg("ContextTokens"), 2) AS mean, max("ContextTokens") FROM data'
  expect(layOutSql(sql)).toBe(
    'SELECT count(*) AS requests,\n  round(avg("ContextTokens"), 2) AS mean,\n  max("ContextTokens")\nFROM data',
  )
})

test('matches are marked without regard to case', () => {
  expect(markMatches('Requests per request', 'request')).toEqual([
    { text: 'Request', isMatch: true },
    { text: 's per ', isMatch: false },
    { text: 'request', isMatch: true },
  ])
  expect(markMatches('text', '')).toEqual([{ text: 'text', isMatch: false }])
})

test('what a server answered is read as its own text, and a failure as one', () => {
  const untrusted = { from: 'The MCP server "Desk"', boundary: 'x' }
  expect(resultView({ untrusted, text: 'The note says: buy milk.' })).toEqual({
    kind: 'text',
    text: 'The note says: buy milk.',
  })
  expect(resultView({ untrusted, text: 'No such note.', is_error: true })).toEqual({
    kind: 'error',
    message: 'No such note.',
  })
})
