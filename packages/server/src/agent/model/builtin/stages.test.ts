import { describe, expect, test } from 'vitest'

import { guessRoles } from '../../tools/data/roles.ts'
import type { ColumnKind, TableProfile } from '../../tools/data/schemas.ts'
import { arithmeticOf } from './arithmetic.ts'
import { parseQuestion } from './parse/parse-question.ts'
import { clausesOf, sentencesOf } from './parse/sentences.ts'
import { smallTalkOf } from './parse/small-talk.ts'
import { formatCell, formatNumber } from './phrase/format.ts'
import { bold } from './phrase/phrase-parts.ts'
import { chooseFile } from './plan/choose-file.ts'
import { planFor } from './plan/plan.ts'
import { lookupSql, resolveValues } from './plan/resolve-values.ts'
import { code } from './question/labels.ts'
import { ColumnIndex } from './question/match-columns.ts'
import type { Question } from './question/question.ts'
import { Unclear } from './question/unclear.ts'
import { keyOf } from './question/words.ts'
import { annotate } from './tokens/annotate.ts'
import { tokenise } from './tokens/tokenise.ts'

const SQL_TYPES: Record<ColumnKind, string> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
}

function profileOf(columns: Record<string, ColumnKind>): TableProfile {
  const list = Object.entries(columns).map(([name, kind]) => ({ name, kind }))
  return {
    file_id: 'f1',
    name: 'data.csv',
    table: 'data',
    rows: 10,
    columns: list.map(({ name, kind }) => ({
      name,
      kind,
      sql_type: SQL_TYPES[kind],
      nulls: 0,
      distinct: 5,
      min: null,
      max: null,
      mean: null,
    })),
    rejected: { count: 0, reasons: [] },
    roles: guessRoles(list),
  }
}

const WORKLOAD = profileOf({
  createdAt: 'time',
  model: 'text',
  user_id: 'text',
  ContextTokens: 'integer',
  GeneratedTokens: 'integer',
  latency_ms: 'number',
})
const index = new ColumnIndex(WORKLOAD)
const parse = (text: string, previous?: Question): Question => parseQuestion(text, index, previous)

function problemOf(text: string, columns: ColumnIndex = index): string {
  try {
    parseQuestion(text, columns, undefined)
    return 'understood'
  } catch (error) {
    return error instanceof Unclear ? error.problem.kind : 'crashed'
  }
}

const sqlOf = (text: string): string => {
  const [call] = planFor(parse(text), WORKLOAD).calls
  return String(call?.input['sql'])
}

describe('tokens', () => {
  test.each([
    ['1,234.5 rows', ['number 1234.5', 'word rows']],
    ['10k tokens', ['number 10000', 'word tokens']],
    ['gpt-4o-mini, p99.9', ['word gpt-4o-mini', 'mark ,', 'ordinal 99.9']],
    ['2023-11-16 6:05 pm', ['moment 2023-11-16 18:05:00']],
    ['after 6:05 pm', ['word after', 'time 18:05:00']],
    ['after 2023-11-16 18:30', ['word after', 'moment 2023-11-16 18:30:00']],
    ["isn't “New York”", ['word is', 'word not', 'quoted New York']],
    ['the 95th-percentile', ['word the', 'ordinal 95', 'mark -', 'word percentile']],
  ])('%s', (text, tokens) => {
    const shown = tokenise(text).map(
      (token) => `${token.kind} ${'value' in token ? token.value : token.text}`,
    )
    expect(shown).toEqual(tokens)
  })
})

describe('names', () => {
  test('all spellings of a name are one', () => {
    const spellings = ['ContextTokens', 'context_tokens', 'CONTEXT TOKENS', 'context-token']
    expect(new Set(spellings.map(keyOf))).toEqual(new Set(['contexttoken']))
  })

  test.each([
    ['input tokens', 'ContextTokens'],
    ['generated token', 'GeneratedTokens'],
    ['latency', 'latency_ms'],
    ['users', 'user_id'],
    ['created', undefined],
    ['tokens', 'ambiguous'],
  ])('%s is %s', (words, column) => {
    const match = index.match(words.split(' '))
    expect(match?.kind === 'column' ? match.column.name : match?.kind).toBe(column)
  })

  test('a column that only describes a word is not what the word is about', () => {
    const ages = new ColumnIndex(profileOf({ user_age: 'integer', prompt_hash: 'text' }))
    expect(ages.match(['user'])).toBeUndefined()
    expect(ages.match(['prompt'])).toBeUndefined()
  })

  test('input is tokens beside tokens or a figure; a prompt alone may mean anything', () => {
    const kinds = (text: string): string =>
      annotate(text, index)
        .map(({ kind }) => kind)
        .join(' ')
    expect(kinds('input and output tokens')).toBe('column and column')
    expect(kinds('average input')).toBe('function column')
    expect(kinds('distinct prompts')).toBe('function text')
  })

  test('no word is lost: each has a meaning, or stays as text', () => {
    const kinds = annotate('How many shiny requests by model?', index).map(({ kind }) => kind)
    expect(kinds).toEqual(['count', 'text', 'rows', 'by', 'column'])
  })
})

describe('questions', () => {
  test('filters, groups, ranks and charts come to one typed question', () => {
    expect(parse('top 3 users by output tokens where latency over 5 as a bar chart')).toEqual({
      intent: 'aggregate',
      measures: [{ kind: 'aggregate', function: 'sum', column: 'GeneratedTokens' }],
      filters: [
        {
          kind: 'compare',
          column: 'latency_ms',
          comparison: '>',
          value: { kind: 'number', text: '5' },
        },
      ],
      groupings: [{ kind: 'column', column: 'user_id' }],
      rank: { direction: 'descending', limit: 3 },
      chart: 'bar',
      compare: false,
    })
  })

  test.each([
    ['average shininess', 'unplaced'],
    ['average tokens', 'understood'],
    ['output tokens per second', 'explained'],
    ['most used model per user_id', 'explained'],
    ['slowest model', 'which-figure'],
    ['requests over 5 minutes', 'explained'],
    ['GeneratedTokens over 5 seconds', 'explained'],
    ['latency', 'which-figure'],
    ['average model', 'explained'],
    ['requests by country', 'unplaced'],
    ['requests by latency', 'explained'],
    ['Is gpt-4o the model with the most requests?', 'explained'],
    ['how many requests where model > 5', 'explained'],
    ['how many requests today', 'unplaced'],
  ])('“%s” is %s', (text, problem) => {
    expect(problemOf(text)).toBe(problem)
  })

  test('the highest by group is the maximum of each; which has the highest is one of them', () => {
    const maximum = [{ kind: 'aggregate', function: 'maximum', column: 'latency_ms' }]
    expect(parse('highest latency by model')).toMatchObject({ measures: maximum })
    expect(parse('highest latency by model')).not.toHaveProperty('rank')
    expect(parse('which model has the highest latency')).toMatchObject({ rank: { limit: 1 } })
  })

  test('a column called like a word of the grammar is asked about, not assumed', () => {
    const tricky = new ColumnIndex(
      profileOf({ count: 'integer', requests: 'integer', name: 'text' }),
    )
    expect(problemOf('count by name', tricky)).toBe('ambiguous')
    expect(problemOf('how many requests', tricky)).toBe('ambiguous')
    expect(problemOf('average count by name', tricky)).toBe('understood')
  })

  test('two columns of time are asked about, not chosen from', () => {
    const times = new ColumnIndex(profileOf({ started: 'time', ended: 'time' }))
    expect(problemOf('rows per day', times)).toBe('ambiguous')
  })

  test('a follow-up changes one thing of the question before it', () => {
    const before = parse('average latency by model')
    expect(parse('the same by hour', before)).toMatchObject({
      measures: [{ function: 'average', column: 'latency_ms' }],
      groupings: [{ kind: 'time', unit: 'hour' }],
    })
    expect(problemOf('the same by hour')).toBe('explained')
  })
})

describe('SQL', () => {
  test('names and values are quoted, whatever they hold', () => {
    const odd = profileOf({ 'na"me': 'text' })
    const question = parseQuestion('rows where `na"me` = "it\'s"', new ColumnIndex(odd), undefined)
    const sql = String(planFor(question, odd).calls[0]?.input['sql'])
    expect(sql).toContain(`"na""me" = 'it''s'`)
  })

  test('a percentile is interpolated and its fraction is exact', () => {
    expect(sqlOf('99.9th percentile of latency')).toContain('quantile_cont("latency_ms", 0.999)')
  })

  test('a chart with too many points is drawn by a coarser unit, and its figures are not', () => {
    const week = { min: '2024-01-01 00:00:00', max: '2024-01-08 00:00:00' }
    const [time, ...others] = WORKLOAD.columns
    const long = { ...WORKLOAD, rows: 90_000, columns: [{ ...time!, ...week }, ...others] }
    const [chart, figures] = planFor(parse('requests per minute as a chart'), long).calls
    expect(chart?.input['sql']).toContain(`date_trunc('hour'`)
    expect(figures?.input['sql']).toContain(`date_trunc('minute'`)
  })

  test('ties of a rank are kept', () => {
    expect(sqlOf('top 2 models by requests')).toContain('rank() OVER (ORDER BY count(*) DESC) <= 2')
  })

  test('a day is compared with dates, a time of day with times', () => {
    expect(sqlOf('requests on 2024-01-02')).toContain(
      `CAST("createdAt" AS DATE) = DATE '2024-01-02'`,
    )
    expect(sqlOf('requests after 18:30')).toContain(`CAST("createdAt" AS TIME) > TIME '18:30:00'`)
  })
})

describe('values', () => {
  const columns = [
    { name: 'column', kind: 'text' as const },
    { name: 'value', kind: 'text' as const },
    { name: 'rows', kind: 'integer' as const },
  ]
  const found = (...rows: [string, string, number][]) => ({
    columns,
    rows,
    row_count: rows.length,
    truncated: false,
  })

  test('a bare word is looked up in every column of text, and takes the data’s spelling', () => {
    const question = parse('how many requests for GPT-4o')
    expect(lookupSql(question, WORKLOAD)).toContain(`lower("user_id") IN ('gpt-4o')`)
    expect(resolveValues(question, found(['model', 'gpt-4o', 3]))).toMatchObject({
      filters: [{ column: 'model', value: { text: 'gpt-4o' } }],
    })
  })

  test('a word that two columns hold is asked about; one that none holds is refused', () => {
    const question = parse('how many requests for ana')
    const both = found(['model', 'ana', 1], ['user_id', 'ana', 2])
    expect(() => resolveValues(question, both)).toThrow(Unclear)
    expect(() => resolveValues(question, found())).toThrow(Unclear)
  })
})

describe('arithmetic', () => {
  test.each([
    ['what is 12% of 340', '(12 / 100) * 340'],
    ['(3+4)*5^2', '(3+4)*5^2'],
    ['1,234.5 / 3', '1234.5 / 3'],
    ['Calculate 7 times 6.', '7 * 6'],
    ['square root of 2', 'sqrt( 2'],
    ['how many rows', undefined],
    ['340 + 12%', undefined],
    ['2023-11-16', undefined],
    ['What is 5?', undefined],
  ])('%s is %s', (text, expression) => {
    const found = arithmeticOf(text)
    if (expression === undefined) expect(found).toBeUndefined()
    else expect(found?.replaceAll('sqrt(2', 'sqrt( 2')).toContain(expression)
  })
})

describe('words and figures', () => {
  test('messages part at sentences and at questions of their own', () => {
    expect(sentencesOf('How many rows? Sum of a.b; by c')).toEqual([
      'How many rows?',
      'Sum of a.b',
      'by c',
    ])
    expect(clausesOf('How many rows, and what is the average x?')).toEqual([
      'How many rows',
      'what is the average x?',
    ])
  })

  test.each([
    ['Hello!', 'greeting'],
    ['thanks a lot', 'thanks'],
    ['What can you do?', 'help'],
    ['hello world rows', undefined],
  ])('“%s” is %s', (text, talk) => {
    expect(smallTalkOf(text)).toBe(talk)
  })

  test('whole numbers are exact, decimals say when they are rounded', () => {
    expect(formatNumber(22_361_870)).toEqual({ text: '22,361,870', rounded: false })
    expect(formatNumber('9007199254740993').text).toBe('9,007,199,254,740,993')
    expect(formatNumber(1154.6974)).toEqual({ text: '1,154.7', rounded: true })
    expect(formatNumber(0.00012345)).toEqual({ text: '0.0001235', rounded: true })
  })

  test('text of the data cannot act as Markdown', () => {
    expect(formatCell('a|b *c* [d](e)', 'text')).toBe(String.raw`a\|b \*c\* \[d\](e)`)
    expect(formatCell('https://evil.example', 'text')).toBe('`https://evil.example`')
    expect(bold('**x** <b>')).toBe(String.raw`**\*\*x\*\* \<b\>**`)
    expect(bold('9007199254740993')).toBe('**9,007,199,254,740,993**')
    expect(['a', 'a`b', '``a` ```'].map(code)).toEqual(['`a`', '`` a`b ``', '```` ``a` ``` ````'])
  })

  test('a file’s name in the question chooses it, and is no part of what is asked', () => {
    const files = ['a.csv', 'b.csv'].map((name) => ({
      fileId: name,
      name,
      mediaType: 'text/csv',
      bytes: 1,
    }))
    expect(chooseFile(files, 'how many rows in "a.csv"?')).toMatchObject({
      file: { name: 'a.csv' },
      message: 'how many rows ?',
    })
    expect(chooseFile(files, 'compare a.csv with b.csv')).toEqual({ several: ['a.csv', 'b.csv'] })
  })
})
