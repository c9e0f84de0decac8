import type { RunTimeline as Timeline } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { problemText } from '../live/api.ts'
import { useLive } from '../live/use-live.ts'
import { formatDuration } from '../timeline/format.ts'
import {
  causeWords,
  serverToolsOf,
  timeParts,
  waterfall,
  type TimePart,
  type WaterfallRow,
} from '../timeline/waterfall.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Problem } from './notice.tsx'
import { useToolNames } from './use-tool-names.ts'

const OPEN_EVERY_MS = 1_000

const FILLS: Record<TimePart['kind'] | 'run', string> = {
  queue: 'bg-series-6',
  model: 'bg-series-1',
  tool: 'bg-series-2',
  store: 'bg-series-3',
  network: 'bg-series-4',
  other: 'bg-series-8',
  run: 'bg-line-strong',
}

interface RunTimelineProps {
  runId: string
  /** It is still going on: what is shown is asked for again. */
  isOpen: boolean
  onClose: () => void
}

/** Where the time of one run went: the cause in a sentence, the parts, and each span. */
export function RunTimeline({ runId, isOpen, onClose }: RunTimelineProps) {
  const { api } = useLive()
  const query = useQuery({
    queryKey: ['timeline', runId, isOpen],
    queryFn: ({ signal }) => api.runTimeline(runId, signal),
    refetchInterval: isOpen ? OPEN_EVERY_MS : false,
    staleTime: isOpen ? 0 : 5_000,
    placeholderData: (before) => before,
  })
  return (
    <Dialog label="Where the time went" shape="wide" onClose={onClose}>
      <div className="flex max-h-[inherit] flex-col text-base text-ink">
        <div className="min-h-0 flex-1 space-y-6 overflow-y-auto p-5 sm:p-6">
          <h2 className="text-sm font-medium text-muted">Where the time went</h2>
          {query.data ? <Shown timeline={query.data} /> : null}
          {query.error ? (
            <Problem
              action={
                <Button small busy={query.isFetching} onClick={() => void query.refetch()}>
                  Try again
                </Button>
              }
            >
              {problemText(query.error)}
            </Problem>
          ) : null}
          {query.isPending ? (
            <div role="status" aria-label="Loading" className="breathing space-y-3">
              <div className="h-5 w-4/5 rounded-sm bg-line" />
              <div className="h-3 rounded-sm bg-line" />
              <div className="h-3 w-3/5 rounded-sm bg-line" />
            </div>
          ) : null}
        </div>
        <div className="flex justify-end border-t border-line px-5 py-3 sm:px-6">
          <Button small data-first-focus onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

function Shown({ timeline }: { timeline: Timeline }) {
  const parts = timeParts(timeline)
  const toolNamed = useToolNames(serverToolsOf(timeline))
  const rows = waterfall(timeline, toolNamed)
  return (
    <>
      <p className="-mt-4 text-lg font-semibold tracking-tight wrap-anywhere">
        {causeWords(timeline, toolNamed)}
      </p>
      <Parts parts={parts} total={timeline.total_ms} />
      {rows.length === 0 ? null : <Waterfall rows={rows} total={timeline.total_ms} />}
      <div className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
        <span>Trace</span>
        <code className="font-mono wrap-anywhere">{timeline.trace_id}</code>
        <CopyButton label="Copy trace id" text={() => timeline.trace_id} />
        <span className="w-full">An administrator finds all of this run in the log by it.</span>
      </div>
    </>
  )
}

function Parts({ parts, total }: { parts: readonly TimePart[]; total: number }) {
  return (
    <div>
      <div aria-hidden="true" className="flex h-3 gap-px overflow-hidden rounded-sm">
        {parts.map(({ kind, share }) => (
          <div key={kind} className={FILLS[kind]} style={{ flexGrow: Math.max(share, 0.004) }} />
        ))}
      </div>
      <dl className="figures mt-3 space-y-1 text-sm">
        {parts.map(({ kind, name, ms, share }) => (
          <div key={kind} className="flex items-baseline gap-2">
            <span aria-hidden="true" className={`size-2 shrink-0 rounded-xs ${FILLS[kind]}`} />
            <dt className="min-w-0 flex-1">{name}</dt>
            <dd className="text-muted">
              {formatDuration(ms)}{' '}
              <span className="inline-block w-12 text-right">{Math.round(share * 100)} %</span>
            </dd>
          </div>
        ))}
        <div className="flex items-baseline gap-2 border-t border-line pt-1 font-medium">
          <span aria-hidden="true" className="size-2 shrink-0" />
          <dt className="flex-1">Altogether</dt>
          <dd>
            {formatDuration(total)} <span aria-hidden="true" className="inline-block w-12" />
          </dd>
        </div>
      </dl>
    </div>
  )
}

const STATUS: Record<WaterfallRow['status'], string> = {
  ok: '',
  error: 'failed',
  cancelled: 'stopped',
}

const indentOf = ({ depth }: WaterfallRow): string => `${Math.min(depth, 4) * 0.75}rem`

function Waterfall({ rows, total }: { rows: readonly WaterfallRow[]; total: number }) {
  return (
    <div>
      <h3 className="mb-1 flex justify-between text-xs text-muted">
        <span>Step by step</span>
        <span className="figures">{formatDuration(total)}</span>
      </h3>
      <ol aria-label="Step by step" className="text-sm">
        {rows.map((row) => (
          <li key={row.id} className="border-t border-line py-1.5">
            <div className="flex items-baseline gap-3" style={{ paddingLeft: indentOf(row) }}>
              <span className="min-w-0 flex-1 wrap-anywhere">
                {row.name}
                {STATUS[row.status] === '' ? null : (
                  <span className={row.status === 'error' ? 'text-danger' : 'text-muted'}>
                    {' '}
                    · {STATUS[row.status]}
                  </span>
                )}
              </span>
              <span className="figures shrink-0 text-muted">{row.duration}</span>
            </div>
            <div aria-hidden="true" className="mt-1 h-1.5 rounded-xs bg-sunken">
              <div
                className={`h-full min-w-0.5 rounded-xs ${row.status === 'error' ? 'bg-danger' : FILLS[row.kind]}`}
                style={{
                  marginLeft: `${Math.min(row.from * 100, 99.6)}%`,
                  width: `${row.width * 100}%`,
                }}
              />
            </div>
            {row.detail === null ? null : (
              <p
                className="mt-1 text-xs text-muted wrap-anywhere"
                style={{ paddingLeft: indentOf(row) }}
              >
                {row.detail}
              </p>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}
