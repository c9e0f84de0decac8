import { useQuery } from '@tanstack/react-query'

import { CopyButton } from '../../../components/copy-button.tsx'
import { formatNumber } from '../../../timeline/format.ts'
import { useOperationsApi } from '../../use-operations.ts'
import { Loaded } from '../section.tsx'

const EVERY_MS = 10_000
const MOST = 10
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })

/** What failed since the start, each kind once. */
export function Errors() {
  const operations = useOperationsApi()
  const query = useQuery({
    queryKey: ['errors'],
    queryFn: ({ signal }) => operations.errors(signal),
    refetchInterval: EVERY_MS,
  })
  return (
    <section aria-labelledby="errors">
      <h3 id="errors" className="font-semibold">
        Errors
      </h3>
      <p className="mt-0.5 text-sm text-muted">
        Each kind once, without anything that people wrote. The log has all of it under the trace.
      </p>
      <Loaded query={query} lines={1}>
        {({ groups }) =>
          groups.length === 0 ? (
            <p className="mt-3 text-sm text-muted">None since the start.</p>
          ) : (
            <ul className="mt-3 divide-y divide-line rounded-lg border border-line">
              {groups.slice(0, MOST).map((group) => (
                <li key={group.fingerprint} className="figures px-3 py-2.5 text-sm">
                  <div className="flex items-baseline justify-between gap-4">
                    <span className="min-w-0 font-medium wrap-anywhere">{group.message}</span>
                    <span className="shrink-0">{formatNumber(group.count)} ×</span>
                  </div>
                  <p className="text-muted wrap-anywhere">
                    {[group.type, group.code].filter(Boolean).join(' · ') || 'No error beside it'},
                    last at {moment.format(Date.parse(group.last_seen))}
                  </p>
                  {group.sample_trace_id === null ? null : (
                    <p className="flex items-center gap-1 text-xs text-muted">
                      <code className="font-mono wrap-anywhere">{group.sample_trace_id}</code>
                      <CopyButton label="Copy trace id" text={() => group.sample_trace_id ?? ''} />
                    </p>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  )
}
