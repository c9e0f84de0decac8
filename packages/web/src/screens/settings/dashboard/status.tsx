import type { Breaker, Dashboard } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { CheckIcon, WarningIcon } from '../../../components/icons.tsx'
import { Problem } from '../../../components/notice.tsx'
import { problemText } from '../../../live/api.ts'
import { checkName, formatMs, formatUptime, verdictOf } from '../../../timeline/dashboard-words.ts'
import { useOperationsApi } from '../../use-operations.ts'

interface StatusProps {
  data: Dashboard
  breakers: readonly Breaker[]
  staleSince: number | null
  problem: Error | null
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const TONES = {
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-danger',
}

/** The one sentence that whoever opens the page wants to read. */
export function Status({ data, breakers, staleSince, problem }: StatusProps) {
  const open = breakers.filter(({ state }) => state === 'OPEN').length
  const operations = useOperationsApi()
  const mode = useQuery({
    queryKey: ['mode'],
    queryFn: ({ signal }) => operations.mode(signal),
  })
  const verdict = verdictOf(data, open, mode.data?.mode.level)
  const { node, health } = data
  const Icon = verdict.tone === 'good' ? CheckIcon : WarningIcon
  return (
    <div className="space-y-3">
      {staleSince === null ? (
        <p role="status" className="flex items-start gap-2.5 text-base font-medium">
          <Icon size={20} className={`mt-0.5 ${TONES[verdict.tone]}`} />
          <span className="min-w-0 wrap-anywhere">{verdict.text}</span>
        </p>
      ) : (
        <Problem>
          {problemText(problem)} Shown is how it was at {clock.format(staleSince)}; this page keeps
          asking.
        </Problem>
      )}
      <dl className="figures flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
        <Fact name="As of">{clock.format(Date.parse(data.at))}</Fact>
        <Fact name="Running for">{formatUptime(node.uptime_seconds)}</Fact>
        <Fact name="Version">
          {node.version}
          {node.revision === node.version ? '' : ` (${node.revision})`}
        </Fact>
        {health.checks.map((check) => (
          <Fact key={check.name} name={checkName(check.name)}>
            {check.status === 'healthy' ? formatMs(check.response_time_ms) : 'fails'}
          </Fact>
        ))}
      </dl>
      <p className="max-w-prose text-sm text-muted">
        All numbers are of this node alone and begin with its start; charts show its last hour.
      </p>
    </div>
  )
}

const Fact = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <div className="flex gap-1.5">
    <dt>{name}</dt>
    <dd className="text-soft">{children}</dd>
  </div>
)
