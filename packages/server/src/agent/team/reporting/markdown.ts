import type { Block, PlanStep, Recommendation, Report } from '../report.ts'

/** A report as Markdown that any reader shows: charts are tables of their points. */
export function toMarkdown(report: Report): string {
  const parts = [
    `# ${inline(report.title)}`,
    ...report.sections.flatMap(({ heading, blocks }) => [
      `## ${inline(heading)}`,
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
      return `**${inline(block.title)}**\n\n${table(
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
      return block.notes.map((note) => `- ${note}`).join('\n')
    default:
      return block satisfies never
  }
}

const MOST_CHART_ROWS = 40

function chartText({ chart, columns, rows }: Block & { kind: 'chart' }): string {
  const step = Math.max(1, Math.ceil(rows.length / MOST_CHART_ROWS))
  const shown = rows.filter((_row, at) => at % step === 0)
  const note = step === 1 ? '' : `\n\nEvery ${step}th of ${rows.length} points.`
  return `**${inline(chart.title)}**\n\n${table(
    columns.map(({ name }) => name),
    shown,
  )}${note}`
}

const recommendationText = (each: Recommendation): string =>
  [
    `### ${each.rank}. ${inline(each.title)}`,
    each.what,
    [
      `- Saving: **${each.saving_text}** = ${each.formula}`,
      `- Latency: ${each.latency}`,
      `- Quality risk: ${each.quality_risk}. ${each.quality}`,
      ...each.assumptions.map((assumption) => `- Assumes: ${assumption}`),
      `- Confidence: ${Math.round(each.confidence * 100)} % = ${each.confidence_formula}`,
    ].join('\n'),
  ].join('\n\n')

const stepText = (step: PlanStep): string =>
  [
    `**${step.id}. ${inline(step.title)}**`,
    [
      `- How: ${step.how}`,
      ...(step.after.length > 0 ? [`- After: ${step.after.join(', ')}`] : []),
      `- Effort: ${step.effort}`,
      `- Approved by: ${step.approver}`,
      `- Shown by: ${step.check}`,
      `- Rolled back by: ${step.roll_back}`,
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
  return [line(names), line(names.map(() => '---')), ...rows.map(line)].join('\n')
}

const cellText = (cell: Cell): string =>
  typeof cell === 'number' ? String(Number(cell.toPrecision(10))) : inline(String(cell ?? ''))

/** Names come from files: they must not become headings, cells, links or HTML. */
const inline = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[|[\]<>`\\]/g, String.raw`\$&`)
