import type { Report } from '@netra/client'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'

import { Button } from '../../components/button.tsx'
import { DrawerButton } from '../../components/drawer-button.tsx'
import { DownloadIcon } from '../../components/icons.tsx'
import { useLive } from '../../live/use-live.ts'
import { Loaded } from '../settings/section.tsx'
import { KnownFacts } from './fact-links.tsx'
import { Facts } from './facts.tsx'
import { PlanState } from './plan-state.tsx'
import { ReportBlocks } from './report-blocks.tsx'
import { useReport, useReportDate } from './use-report.ts'

/** A report of the team on a page of its own, which prints as it is read. */
export function ReportPage() {
  const { fileId } = useParams({ strict: false })
  const { api } = useLive()
  const query = useReport(fileId ?? '')
  return (
    <div className="flex min-h-0 flex-1 flex-col print:block">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:px-6 print:hidden">
        <title>{query.data ? `${query.data.title} · Netra` : 'Report · Netra'}</title>
        <DrawerButton />
        <h1 className="flex-1 text-sm font-medium text-soft">Report</h1>
        {query.data ? (
          <>
            <a
              href={api.fileAddress(fileId ?? '')}
              download
              className="touch inline-flex items-center gap-1 rounded-sm px-2 text-sm text-muted hover:text-ink"
            >
              <DownloadIcon size={16} />
              Markdown
            </a>
            <Button small onClick={() => window.print()}>
              Print
            </Button>
          </>
        ) : null}
      </header>
      <div className="relative min-h-0 flex-1 overflow-y-auto print:overflow-visible">
        <article className="mx-auto w-full max-w-3xl px-4 pt-4 pb-20 sm:px-6 print:max-w-none print:p-0">
          <Loaded query={query}>
            {(report) => <Shown report={report} fileId={fileId ?? ''} />}
          </Loaded>
        </article>
      </div>
    </div>
  )
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' })

function Shown({ report, fileId }: { report: Report; fileId: string }) {
  const madeAt = useReportDate(fileId)
  const known = useMemo(() => new Set(report.facts.map(({ id }) => id)), [report])
  return (
    <KnownFacts value={known}>
      <h2 className="text-2xl font-semibold tracking-tight wrap-anywhere">{report.title}</h2>
      {madeAt === null ? null : (
        <p className="mt-1 text-sm text-muted">
          Made on <time dateTime={madeAt}>{day.format(Date.parse(madeAt))}</time>
        </p>
      )}
      {report.sections.map((section, index) => (
        <section key={index} className="pt-8 print:break-inside-auto">
          <h3 className="mb-3 text-lg font-semibold tracking-tight">{section.heading}</h3>
          <ReportBlocks blocks={section.blocks} />
          {section.blocks.some(({ kind }) => kind === 'steps') ? (
            <PlanState reportId={fileId} />
          ) : null}
        </section>
      ))}
      <Facts facts={report.facts} />
    </KnownFacts>
  )
}
