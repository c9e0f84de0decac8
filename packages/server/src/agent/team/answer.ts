import { escapeMarkdown } from '../model/builtin/phrase/format.ts'
import type { Case } from './case.ts'
import type { Report } from './report.ts'
import { blockText, noteText } from './reporting/markdown.ts'
import type { Reported } from './stages/reporting.ts'

/** Sections of a report that stand in the chat; the whole of it is the file. */
const IN_CHAT: readonly string[] = [
  'Summary',
  'What changed',
  'Where the money goes',
  'Usage over time',
  'Usage',
  'Performance',
  'Anomalies and trend',
  'Correlation',
  'Prompt reuse',
  'Growth and limits',
  'Recommendations',
  'What is missing, and how to get it',
]

/** What the person reads in the chat. */
export function answerOf({ report, stored }: Reported, on: Case): string {
  const link =
    stored === undefined
      ? ''
      : `The whole report, with assumptions, plan and where each number comes from: [${escapeMarkdown(stored.title)}](/api/reports/${stored.file_id})`
  return [
    sectionsOf(withoutMethods(report), IN_CHAT),
    limitsOf(report),
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

/** How something was computed is for the report. */
const withoutMethods = (report: Report): Report => ({
  ...report,
  sections: report.sections.map((each) => ({
    ...each,
    blocks: each.blocks.filter((block) => block.kind !== 'notes' || block.tone !== 'assumption'),
  })),
})

const MOST_LIMITS = 5

/** What cannot be said, the first of it; the report has all. */
function limitsOf({ sections }: Report): string {
  const blocks = sections.find(({ heading }) => heading === NOT_MEASURABLE)?.blocks ?? []
  const notes = blocks.flatMap((block) => (block.kind === 'notes' ? block.notes : []))
  if (notes.length === 0) return ''
  const left = notes.length - MOST_LIMITS
  const more = left > 0 ? [`… and ${left} more in the report.`] : []
  return [
    `## ${NOT_MEASURABLE}`,
    '',
    ...[...notes.slice(0, MOST_LIMITS), ...more].map(noteText),
  ].join('\n')
}

const NOT_MEASURABLE = 'Not measurable from these data'

/** Some sections as Markdown; the summary needs no heading. */
export const sectionsOf = (report: Report, headings: readonly string[]): string =>
  report.sections
    .filter(({ heading }) => headings.includes(heading))
    .map(({ heading, blocks }) => {
      const text = blocks
        .filter(({ kind }) => kind !== 'recommendation' && kind !== 'chart')
        .map(blockText)
        .join('\n\n')
      // A heading whose chart stands in the report alone has nothing to head here.
      return heading === 'Summary' || text.trim() === '' ? text : `## ${heading}\n\n${text}`
    })
    .filter((text) => text.trim() !== '')
    .join('\n\n')
