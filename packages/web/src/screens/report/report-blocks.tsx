import type { ReportBlock } from '@netra/client'

import { Chart } from '../../components/chart.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { tableOfRows } from '../../timeline/result-view.ts'
import { WithFacts } from './fact-links.tsx'
import { PlanSteps } from './plan-steps.tsx'
import { Recommendation } from './recommendation.tsx'
import { ReportTable } from './report-table.tsx'

/** What a section of a report holds, in its order. */
export function ReportBlocks({ blocks }: { blocks: readonly ReportBlock[] }) {
  return (
    <div className="space-y-4">
      {blocks.map((block, index) => (
        <Block key={index} block={block} />
      ))}
    </div>
  )
}

function Block({ block }: { block: ReportBlock }) {
  switch (block.kind) {
    case 'text':
      return <Markdown text={block.text} streaming={false} />
    case 'table':
      return <ReportTable title={block.title} table={tableOfRows(block)} />
    case 'chart':
      return (
        <div className="print:break-inside-avoid">
          <Chart exhibit={{ id: block.chart.title, chart: block, table: tableOfRows(block) }} />
        </div>
      )
    case 'recommendation':
      return <Recommendation recommendation={block} />
    case 'steps':
      return <PlanSteps steps={block.steps} />
    case 'notes':
      return <Notes tone={block.tone} notes={block.notes} />
    default:
      return block satisfies never
  }
}

type Tone = Extract<ReportBlock, { kind: 'notes' }>['tone']

const LOOKS: Record<Tone, string> = {
  assumption: 'border-line',
  not_measurable: 'border-warn',
  missing: 'border-warn',
  warning: 'border-danger',
}

function Notes({ tone, notes }: { tone: Tone; notes: readonly string[] }) {
  return (
    <ul className={`space-y-1 border-l-2 pl-3 text-sm text-soft ${LOOKS[tone]}`}>
      {notes.map((note, index) => (
        <li key={index} className="wrap-anywhere">
          <WithFacts text={note} />
        </li>
      ))}
    </ul>
  )
}
