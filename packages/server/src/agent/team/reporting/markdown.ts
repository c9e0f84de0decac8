import { asMarkdown } from '../../plain-markdown.ts'
import type { Block, PlanStep, Recommendation, Report } from '../report.ts'

/**
 * A report as Markdown that any reader shows: charts are tables of their points. Text blocks are
 * Markdown already; all else is plain text, which must become no heading, cell, link or emphasis.
 */
export function toMarkdown(report: Report): string {
  const parts = [
    `# ${asMarkdown(report.title)}`,
    ...report.sections.flatMap(({ heading, blocks }) => [
      `## ${asMarkdown(heading)}`,
      ...blocks.map(blockText),
    ]),
    '## Where each number comes from',
    provenance(report),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

export function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.text
    case 'table':
      return `**${asMarkdown(block.title)}**\n\n${table(
        block.columns.map(({ name }) => name),
        block.rows,
      )}`
    case 'chart':
      return chartText(block)
    case 'recommendation':
      return recommendationText(block)
    case 'steps':
      return block.steps.map(stepText).join('\n\n')
    case 'notes':
      return block.notes.map(noteText).join('\n')
    default:
      return block satisfies never
  }
}

export const noteText = (note: string): string => `- ${asMarkdown(note)}`

const MOST_CHART_ROWS = 40

function chartText({ chart, columns, rows }: Block & { kind: 'chart' }): string {
  const step = Math.max(1, Math.ceil(rows.length / MOST_CHART_ROWS))
  const shown = rows.filter((_row, at) => at % step === 0)
  const note = step === 1 ? '' : `\n\nEvery ${step}th of ${rows.length} points.`
  return `**${asMarkdown(chart.title)}**\n\n${table(
    columns.map(({ name }) => name),
    shown,
  )}${note}`
}

const recommendationText = (each: Recommendation): string =>
  [
    `### ${each.rank}. ${asMarkdown(each.title)}`,
    asMarkdown(each.what),
    [
      `- Saving: **${asMarkdown(each.saving_text)}** = ${asMarkdown(each.formula)}`,
      `- Latency: ${asMarkdown(each.latency)}`,
      `- Quality risk: ${each.quality_risk}. ${asMarkdown(each.quality)}`,
      ...each.assumptions.map((assumption) => `- Assumes: ${asMarkdown(assumption)}`),
      `- Confidence: ${Math.round(each.confidence * 100)} % = ${asMarkdown(each.confidence_formula)}`,
    ].join('\n'),
  ].join('\n\n')

const stepText = (step: PlanStep): string =>
  [
    `**${step.id}. ${asMarkdown(step.title)}**`,
    [
      `- How: ${asMarkdown(step.how)}`,
      ...(step.after.length > 0 ? [`- After: ${step.after.join(', ')}`] : []),
      `- Effort: ${asMarkdown(step.effort)}`,
      `- Approved by: ${asMarkdown(step.approver)}`,
      `- Shown by: ${asMarkdown(step.check)}`,
      `- Rolled back by: ${asMarkdown(step.roll_back)}`,
    ].join('\n'),
  ].join('\n\n')

const provenance = ({ facts }: Report): string =>
  facts.length === 0
    ? 'This report holds no measured number.'
    : table(
        ['Id', 'Number', 'What', 'Tool call', 'Formula'],
        facts.map((fact) => [
          fact.id,
          fact.text,
          fact.what,
          `${fact.tool} ${fact.tool_call_id}`,
          fact.formula,
        ]),
      )

type Cell = string | number | boolean | null

const line = (cells: readonly Cell[]): string => `| ${cells.map(cellText).join(' | ')} |`

function table(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  // Plain text that begins like this is escaped; the line below the names is none.
  const rule = `| ${names.map(() => '---').join(' | ')} |`
  return [line(names), rule, ...rows.map(line)].join('\n')
}

const cellText = (cell: Cell): string =>
  typeof cell === 'number' ? String(Number(cell.toPrecision(10))) : asMarkdown(String(cell ?? ''))
