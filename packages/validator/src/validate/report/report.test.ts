import { expect, test } from 'vitest'

import { aReport, aResult } from '../testing/made-up.ts'
import { parseReport, reportJson } from './json.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import { closing, Progress } from './terminal.ts'
import { parsedXml, type Element } from './testing/xml.ts'

const failed = aResult({
  id: 'accounts.login',
  title: 'Signing in works',
  outcome: 'failed',
  seen: 'POST /auth/login answered 500, not 200: <b>"&\u0000 | \u001B[2J',
  exchanges: [
    { sent: 'POST /auth/login', received: '500 ```\n]]> <oops>', durationMs: 12, status: 500 },
  ],
  cause: 'The store is away.',
  fix: 'Start it.',
})
const warning = aResult({ id: 'security.nosniff', weight: 'advisory', outcome: 'timed_out' })
const skipped = aResult({ id: 'accounts.me', outcome: 'skipped', seen: 'left out by --skip' })
const report = aReport([aResult({ id: 'network.dns' }), failed, skipped, warning], {
  verdict: 'not_ready',
  headline: 'NOT READY',
  modes: ['demo (anybody)'],
  notApplicable: [{ id: 'network.tls-name', title: 'of this name', why: 'not https' }],
  leftBehind: ['validate-1@netra.invalid is still there'],
})

test('JSON has a fixed shape, and is read again by --compare', () => {
  const json = reportJson(report)
  expect(Object.keys(json)).toEqual([
    'schema',
    'url',
    'environment',
    'scope',
    'verdict',
    'headline',
    'version',
    'revision',
    'started_at',
    'duration_ms',
    'modes',
    'counts',
    'results',
    'not_applicable',
    'left_behind',
  ])
  expect(json.counts).toEqual({
    all: 4,
    passed: 1,
    failed: 1,
    timed_out: 1,
    error: 0,
    skipped: 1,
    refused: 0,
  })
  expect(json.results[1]).toEqual({
    id: 'accounts.login',
    group: 'accounts',
    title: 'Signing in works',
    weight: 'blocking',
    outcome: 'failed',
    seen: failed.seen,
    duration_ms: 100,
    cause: 'The store is away.',
    fix: 'Start it.',
    exchanges: [
      { sent: 'POST /auth/login', received: '500 ```\n]]> <oops>', duration_ms: 12, status: 500 },
    ],
  })
  expect(parseReport(JSON.stringify(json))).toEqual(json)
})

test.for(['', '[]', '{"schema":"netra-validate/1"}', '{"schema":"other","results":[]}'])(
  '%s is no report to compare with',
  (text) => {
    expect(() => parseReport(text)).toThrow(/^it is no/)
  },
)

test('Markdown tells what counts first: verdict, what did not pass with risk, cause and fix, evidence', () => {
  const text = markdown(report)
  const at = (part: string): number => {
    expect(text).toContain(part)
    return text.indexOf(part)
  }
  const order = [
    '# https://netra.example: NOT READY',
    '## Summary',
    '1 of 4 passed, 1 failed, 1 timed out, 1 skipped in 61 s',
    'validate-1@netra.invalid is still there',
    '## Verdict',
    '### accounts.login',
    'risk: People cannot sign in',
    'likeliest cause: The store is away.',
    'fix: Start it.',
    '### security.nosniff (warning)',
    '### accounts: 0 of 2',
    'network.tls-name',
    '## Evidence',
    '> POST /auth/login',
  ].map(at)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('what a server says breaks neither the table nor the fence of the Markdown', () => {
  const text = markdown(report)
  const row = text.split('\n').find((line) => line.startsWith('| **failed**')) ?? ''
  expect(row.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(7)
  expect(row).not.toContain('<b>')
  expect(text).toContain('````text\n> POST /auth/login\n< 500 ``` ]]> <oops> (12 ms)\n````')
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000\u001B]/)
})

/** The schema that CI servers share (Jenkins' junit-10): elements, their attributes and children. */
const SCHEMA: Record<string, { required: string[]; optional: string[]; children: string[] }> = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'disabled', 'errors'],
    children: ['testsuite'],
  },
  testsuite: {
    required: ['name', 'tests'],
    optional: ['failures', 'errors', 'group', 'time', 'skipped', 'timestamp', 'hostname', 'id'],
    children: ['properties', 'testcase', 'system-out', 'system-err'],
  },
  testcase: {
    required: ['name', 'classname'],
    optional: ['time', 'group', 'assertions', 'status'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  skipped: { required: [], optional: ['message', 'type'], children: [] },
  error: { required: [], optional: ['message', 'type'], children: [] },
  failure: { required: [], optional: ['message', 'type'], children: [] },
}

function problemsOf({ name, attributes, children }: Element): string[] {
  const schema = SCHEMA[name]
  if (!schema) return [`<${name}> is unknown`]
  const names = Object.keys(attributes)
  return [
    ...schema.required.filter((one) => !names.includes(one)).map((one) => `<${name}> lacks ${one}`),
    ...names
      .filter((one) => ![...schema.required, ...schema.optional].includes(one))
      .map((one) => `<${name}> has ${one}`),
    ...children
      .filter((child) => !schema.children.includes(child.name))
      .map((child) => `<${name}> holds <${child.name}>`),
    ...children.flatMap(problemsOf),
  ]
}

test('JUnit is well formed and as the common schema has it; a warning fails no build', () => {
  const root = parsedXml(junit(report))
  expect(problemsOf(root)).toEqual([])
  expect(root.attributes).toMatchObject({ tests: '4', failures: '1', errors: '1' })
  const cases = root.children.flatMap(({ children }) => children)
  expect(cases.map(({ children }) => children[0]?.name)).toEqual([
    undefined,
    'failure',
    'error',
    'skipped',
  ])
  expect(cases[1]?.children[0]?.text).toContain('<oops>')
  expect(cases[1]?.children[0]?.attributes['message']).toContain('<b>"&')
})

test('a terminal gets a line for each check, what is to be done, and the verdict last', () => {
  let text = ''
  const progress = new Progress({ write: (part: string) => (text += part) })
  for (const [index, result] of report.results.entries()) {
    progress.started({ id: result.id }, { number: index + 1, of: 4 })
    progress.ended(result)
  }
  progress.end()
  text += closing(report)
  expect(text).not.toContain('\u001B')
  expect(text).toMatch(/FAILED +accounts\.login/)
  expect(text).toMatch(/timed out +security\.nosniff/)
  expect(text).toMatch(/try +Start it\./)
  expect(text).toContain('keeps it from being ready: accounts.login, accounts.me')
  expect(text).toContain('warnings: security.nosniff')
  expect(text).toContain('left behind: validate-1@netra.invalid')
  expect(text.trimEnd().split('\n').at(-1)).toBe('NOT READY')
})

test('at a real terminal the last line says which check is on, and is wiped', () => {
  let text = ''
  const progress = new Progress({
    write: (part: string) => (text += part),
    isTTY: true,
    columns: 20,
  })
  progress.started({ id: 'conversation.five-events' }, { number: 3, of: 80 })
  expect(text).toBe('3/80 conversation.f')
  progress.ended(aResult({ id: 'conversation.five-events' }))
  expect(text).toContain('\r\u001B[K\nconversation\n')
})

test('what a server says of itself moves no cursor and writes no Markdown of its own', () => {
  const says = '\u001B[2J\u202Ex\nREADY [a](http://x) <img> `code` |'
  const hostile = aReport([aResult({ id: 'accounts.me', outcome: 'failed', seen: says })], {
    verdict: 'not_ready',
    headline: 'NOT READY',
    modes: [says],
    leftBehind: [says],
    version: says,
    revision: says,
  })
  const screen = closing(hostile)
  const text = markdown(hostile)
  // oxlint-disable-next-line no-control-regex
  expect(screen + text).not.toMatch(/[\u001B\u202E]/)
  expect(screen.split('\n').filter((line) => line.startsWith('READY'))).toEqual([])
  const prose = text.split('## Evidence')[0] ?? ''
  expect(prose).not.toMatch(/(?<!\\)\]\(/)
  expect(prose).not.toContain('<img>')
  expect(prose.replaceAll('\\`', '')).not.toContain('`code')
})
