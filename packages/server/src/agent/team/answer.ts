import type { Case } from './case.ts'
import type { Report } from './report.ts'
import { blockText } from './reporting/markdown.ts'
import type { Reported } from './stages/reporting.ts'

/** Sections of a report that stand in the chat; the whole of it is the file. */
const IN_CHAT: readonly string[] = [
  'Summary',
  'Where the money goes',
  'Usage over time',
  'Usage',
  'Performance',
  'Anomalies and trend',
  'Prompt reuse',
  'Growth and limits',
  'Recommendations',
  'What is missing, and how to get it',
  'Not measurable from these data',
]

/** What the person reads in the chat. */
export function answerOf({ report, stored }: Reported, on: Case): string {
  const link =
    stored === undefined
      ? ''
      : `The whole report, with assumptions, plan and where each number comes from: [${stored.name}](/api/reports/${stored.file_id})`
  return [
    sectionsOf(report, IN_CHAT),
    ...(on.steps.length > 0 && on.adoption === undefined
      ? [
          `The plan has ${on.steps.length} steps: ${on.planned.length} changes, one after the other. Say “adopt this plan” to record it.`,
        ]
      : []),
    ...(on.adoption === undefined ? [] : [on.adoption]),
    link,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Some sections as Markdown; the summary needs no heading. */
export const sectionsOf = (report: Report, headings: readonly string[]): string =>
  report.sections
    .filter(({ heading }) => headings.includes(heading))
    .map(({ heading, blocks }) => {
      const text = blocks
        .filter(({ kind }) => kind !== 'recommendation' && kind !== 'chart')
        .map(blockText)
        .join('\n\n')
      return heading === 'Summary' ? text : `## ${heading}\n\n${text}`
    })
    .filter((text) => text.trim() !== '')
    .join('\n\n')
