import { GROUPS, type Result } from '../check.ts'
import { inWords, type Comparison } from './compare.ts'
import { countsInWords, notPassed } from './json.ts'
import { inline, plain } from './plain.ts'
import { isPassed, type Report } from './report.ts'
import { RISKS } from './risk.ts'

/** For people who decide, and for those who mend. */
export function markdown(report: Report, comparison?: Comparison): string {
  const blocks = [
    `# ${inline(report.url)}: ${report.headline}`,
    summary(report),
    verdict(report),
    ...(comparison
      ? [`## Since the report before\n\n${inWords(comparison).map(inline).join('\n')}`]
      : []),
    ...risks(report),
    '## What was tried',
    ...GROUPS.flatMap((group) => table(group, report)),
    ...notApplicable(report),
    '## Evidence',
    'What was sent (>), what came back (<), and how long it took. Secrets are left out.',
    ...report.results.map(evidence),
  ]
  return `${blocks.join('\n\n')}\n`
}

function summary(report: Report): string {
  const { url, environment, version, revision, startedAt, durationMs } = report
  const who = `Netra ${inline(version ?? 'of unknown version')}, revision ${inline(revision ?? 'unknown')}`
  const tried = `${countsInWords(report)} in ${Math.round(durationMs / 1000)} s`
  const open = notPassed(report)
  const blocking = open.filter(({ weight }) => weight === 'blocking')
  const first = blocking[0] ?? open[0]
  return [
    '## Summary',
    '',
    `**${report.headline}.** ${inline(url)} (${who}) was judged as ${environment} on ${startedAt.slice(0, 16).replace('T', ' ')} UTC: ${tried}.`,
    ...(first
      ? [
          '',
          `${blocking.length} of what did not pass keeps people from using it, ${open.length - blocking.length} are warnings. First: **${first.title}** is not so (\`${first.id}\`). ${first.fix ?? ''}`,
        ]
      : []),
    ...(report.modes.length > 0
      ? ['', `Ways round are open: ${report.modes.map(inline).join('; ')}.`]
      : []),
    ...(report.leftBehind.length > 0
      ? ['', `Left behind, to be removed by hand: ${report.leftBehind.map(inline).join('; ')}.`]
      : []),
  ].join('\n')
}

function verdict({ headline, scope, environment, modes }: Report): string {
  const lines = [
    '## Verdict',
    '',
    `${headline}. The rule: one blocking check that did not pass, whatever the reason (failed, timed out, error, skipped, refused), is *not ready*, whatever share passes; an advisory one is a warning.`,
  ]
  if (scope !== 'full') lines.push('', 'Only a part was tried; nothing is said of the rest.')
  if (modes.length > 0 && environment === 'production') {
    lines.push('', 'A server with a way round accounts or checks is never ready for production.')
  }
  return lines.join('\n')
}

function risks(report: Report): string[] {
  const open = notPassed(report).toSorted(
    (a, b) => Number(a.weight === 'advisory') - Number(b.weight === 'advisory'),
  )
  if (open.length === 0) return []
  return [
    '## What did not pass',
    ...open.map(({ id, title, weight, outcome, seen, cause, fix, group }) =>
      [
        `### ${id}${weight === 'advisory' ? ' (warning)' : ''}`,
        '',
        `- due: ${title}`,
        `- ${outcome.replace('_', ' ')}: ${inline(seen)}`,
        `- risk: ${RISKS[group]}`,
        ...(cause === undefined ? [] : [`- likeliest cause: ${cause}`]),
        ...(fix === undefined ? [] : [`- fix: ${fix}`]),
      ].join('\n'),
    ),
  ]
}

function table(group: string, report: Report): string[] {
  const results = report.results.filter((result) => result.group === group)
  if (results.length === 0) return []
  const passed = results.filter(isPassed).length
  const rows = results.map(
    ({ id, title, weight, outcome, seen, durationMs }) =>
      `| ${outcome === 'passed' ? 'passed' : `**${outcome.replace('_', ' ')}**`} | \`${id}\`${weight === 'advisory' ? ' (advisory)' : ''} | ${cell(title)} | ${cell(seen)} | ${durationMs} ms |`,
  )
  return [
    [
      `### ${group}: ${passed} of ${results.length}`,
      '',
      '| | check | holds when it passes | seen | took |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  ]
}

function notApplicable({ notApplicable: left }: Report): string[] {
  if (left.length === 0) return []
  const lines = left.map(({ id, title, why }) => `- \`${id}\` (${title}): ${inline(why)}`)
  return [`### Not tried, because it says nothing here\n\n${lines.join('\n')}`]
}

function evidence({ id, outcome, exchanges }: Result): string {
  const lines = exchanges.flatMap(({ sent, received, durationMs }) => [
    ...(sent === '' ? [] : [`> ${plain(sent)}`]),
    ...(received === ''
      ? []
      : [`< ${plain(received)}${durationMs > 0 ? ` (${durationMs} ms)` : ''}`]),
  ])
  const body = lines.length === 0 ? '(nothing)' : lines.join('\n')
  const open = outcome === 'passed' ? '' : ' open'
  return `<details${open}><summary><code>${id}</code> ${outcome.replace('_', ' ')}</summary>\n\n${fenced(body)}\n\n</details>`
}

/** A fence that what is inside cannot close. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

const cell = (text: string): string => inline(text.length > 160 ? `${text.slice(0, 160)}…` : text)
