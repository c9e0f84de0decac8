import type { Spending } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { Problem } from '../../../components/notice.tsx'
import {
  LIMIT_WORDS,
  limitAmount,
  limitName,
  type LimitName,
} from '../../../timeline/budget-words.ts'
import { useNow } from '../../../use-now.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { Loaded, Section } from '../section.tsx'
import { BudgetBars } from './budget-bars.tsx'
import { DayChart } from './day-chart.tsx'
import { SpentTiles } from './spent-tiles.tsx'
import { TotalsTable } from './totals-table.tsx'

const DAYS = 30

/** What models used for the person who looks, and what is left. */
export function SpendingPage() {
  const spendingApi = useSpendingApi()
  const query = useQuery({
    queryKey: ['spending', DAYS],
    queryFn: ({ signal }) => spendingApi.mine(DAYS, signal),
    staleTime: 0,
    refetchInterval: 30_000,
  })
  return (
    <Section
      title="Spending"
      text="What language models read and wrote for you, and what that cost by their price lists. Days are UTC’s."
    >
      <Loaded query={query} lines={3}>
        {(spending) => <Own spending={spending} />}
      </Loaded>
    </Section>
  )
}

function Own({ spending }: { spending: Spending }) {
  const now = useNow(60_000)
  const { budgets, stopped, by_model: byModel, by_agent: byAgent, by_day: byDay } = spending
  return (
    <div className="space-y-8">
      {stopped ? (
        <Problem>
          An administrator has stopped{' '}
          {stopped.scope === 'everyone' ? 'all answers' : 'your answers'}: {stopped.why}
        </Problem>
      ) : null}
      <SpentTiles today={spending.today} month={spending.month} />
      <section aria-labelledby="budgets">
        <h3 id="budgets" className="mb-3 font-semibold">
          Budgets
        </h3>
        {budgets.length === 0 ? (
          <p className="text-sm text-muted">
            {Object.keys(spending.users_only).length > 0
              ? 'What each user may use in a day or a month does not hold for administrators.'
              : 'Nothing limits what you may use in a day or a month.'}
          </p>
        ) : (
          <BudgetBars budgets={budgets} />
        )}
        <RunLimits limits={spending.limits} />
      </section>
      {byModel.length === 0 ? (
        <p className="text-sm text-muted">No model was called for you in the last {DAYS} days.</p>
      ) : (
        <>
          <DayChart days={byDay} count={DAYS} now={now} />
          <TotalsTable of="Model" rows={byModel.map((row) => ({ ...row, name: row.model }))} />
          <TotalsTable
            of="Agent"
            rows={byAgent.map((row) => ({ ...row, name: row.agent || 'unknown' }))}
          />
          <Estimated count={byModel.reduce((sum, row) => sum + row.estimated_calls, 0)} />
        </>
      )}
    </div>
  )
}

/** Those that are of one answer, or of a moment. */
function RunLimits({ limits }: Pick<Spending, 'limits'>) {
  const set = (Object.keys(LIMIT_WORDS) as LimitName[]).flatMap((name) => {
    const value = limits[name]
    const isOfPeriod = /_per_(day|month)$/.test(name)
    return typeof value === 'number' && !isOfPeriod ? [{ name, value }] : []
  })
  if (set.length === 0) return null
  return (
    <dl className="mt-4 flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {set.map(({ name, value }) => (
        <div key={name} className="flex gap-1.5">
          <dt className="text-muted">{limitName(name)}:</dt>
          <dd className="figures">at most {limitAmount(name, value)}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Said once for the page, because it is rarely so. */
function Estimated({ count }: { count: number }) {
  if (count === 0) return null
  return (
    <p className="text-sm text-muted">
      Of {count === 1 ? 'one call' : `${count} calls`} the tokens are estimated: it broke off before
      the provider had counted.
    </p>
  )
}
