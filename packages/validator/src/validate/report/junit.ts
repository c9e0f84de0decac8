import { GROUPS, type Result } from '../check.ts'
import { isPassed, type Report } from './report.ts'

/**
 * As CI servers read it: a suite for each group. What makes the server not ready is a failure, or
 * an error when it could not be seen; a warning is a skipped case, for it does not fail the run.
 */
export function junit(report: Report): string {
  const suites = GROUPS.flatMap((group) => {
    const results = report.results.filter((result) => result.group === group)
    return results.length === 0 ? [] : [suite(group, results, report)]
  })
  const all = attributes({
    name: `netra validate ${report.url}`,
    tests: report.results.length,
    failures: report.results.filter((result) => kindOf(result) === 'failure').length,
    errors: report.results.filter((result) => kindOf(result) === 'error').length,
    time: seconds(report.durationMs),
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${all}>\n${suites.join('')}</testsuites>\n`
}

type Kind = 'failure' | 'error' | 'skipped' | undefined

function kindOf(result: Result): Kind {
  if (isPassed(result)) return undefined
  if (result.weight === 'advisory') return 'skipped'
  return result.outcome === 'failed' ? 'failure' : 'error'
}

function suite(name: string, results: readonly Result[], { startedAt, url }: Report): string {
  const count = (kind: Kind): number => results.filter((result) => kindOf(result) === kind).length
  const head = attributes({
    name,
    tests: results.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    timestamp: startedAt.slice(0, 19),
    hostname: new URL(url).hostname,
  })
  return `  <testsuite${head}>\n${results.map(testCase).join('')}  </testsuite>\n`
}

function testCase(result: Result): string {
  const { id, group, title, durationMs, outcome, seen, cause, fix, exchanges } = result
  const head = attributes({
    name: `${id}: ${title}`,
    classname: `netra.validate.${group}`,
    time: seconds(durationMs),
  })
  const kind = kindOf(result)
  if (kind === undefined) return `    <testcase${head}/>\n`
  const advice = [cause, fix].filter((line) => line !== undefined).join(' ')
  const message = kind === 'skipped' ? `warning (${outcome}): ${seen} ${advice}` : seen
  const what = attributes(kind === 'skipped' ? { message } : { message, type: outcome })
  const evidence = exchanges.map(({ sent, received, durationMs: ms }) =>
    `> ${sent}\n< ${received} (${ms} ms)`.trim(),
  )
  const body = escaped([seen, advice, ...evidence].join('\n'))
  const element = kind === 'skipped' ? `<skipped${what}/>` : `<${kind}${what}>${body}</${kind}>`
  return `    <testcase${head}>\n      ${element}\n    </testcase>\n`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

const attributes = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('')

/** Without what XML 1.0 cannot hold at all. */
const escaped = (text: string): string =>
  text
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
