import type { Outcome } from './ask.ts'

export interface Score {
  group: string
  asked: number
  right: number
  /** Of the checks of all its questions, between 0 and 1. */
  share: number
  medianMs: number
  costUsd: number | null
}

/** One line of scores; a question is right when all of its checks hold. */
export function scoreOf(group: string, outcomes: readonly Outcome[]): Score {
  const checks = outcomes.reduce((all, { question }) => all + question.checks.length, 0)
  const missed = outcomes.reduce((all, outcome) => all + outcome.missed.length, 0)
  const times = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return {
    group,
    asked: outcomes.length,
    right: outcomes.filter((outcome) => outcome.missed.length === 0).length,
    share: checks === 0 ? 0 : (checks - missed) / checks,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    costUsd: outcomes.some(({ costUsd }) => costUsd === null)
      ? null
      : outcomes.reduce((all, { costUsd }) => all + (costUsd ?? 0), 0),
  }
}

/** As Markdown: scores by group, and what was missed. */
export function report(outcomes: readonly Outcome[], about: { model: string; at: string }): string {
  const groups = [...new Set(outcomes.map(({ question }) => question.group))]
  const scores = [
    ...groups.map((group) =>
      scoreOf(
        group,
        outcomes.filter(({ question }) => question.group === group),
      ),
    ),
    scoreOf('all', outcomes),
  ]
  const wrong = outcomes.filter(({ missed }) => missed.length > 0)
  return [
    `# ${about.model}, ${about.at}`,
    '',
    '| questions | right | asked | of the checks | median time | cost |',
    '|---|---:|---:|---:|---:|---:|',
    ...scores.map(rowOf),
    '',
    ...(wrong.length === 0
      ? ['Everything was right.']
      : ['## Missed', '', ...wrong.map(missedLine)]),
    '',
  ].join('\n')
}

const rowOf = ({ group, right, asked, share, medianMs, costUsd }: Score): string =>
  `| ${group} | ${right} | ${asked} | ${(100 * share).toFixed(0)} % | ${(medianMs / 1000).toFixed(1)} s | ${costUsd === null ? 'not known' : `$${costUsd.toFixed(4)}`} |`

function missedLine({ question, missed, problem, answer }: Outcome): string {
  const said = answer.text.replaceAll(/\s+/g, ' ').slice(0, 160)
  const why = problem ?? `${missed.join('; ')}${said === '' ? '' : ` — it said: ${said}`}`
  return `- \`${question.id}\` ${question.ask} — ${why}`
}
