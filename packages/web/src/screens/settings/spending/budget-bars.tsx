import type { BudgetState } from '@netra/client'

import { limitAmount, limitName, LOW_PERCENT, renewal } from '../../../timeline/budget-words.ts'
import { useNow } from '../../../use-now.ts'

/** How far each budget is used, the fullest first. */
export function BudgetBars({ budgets }: { budgets: readonly BudgetState[] }) {
  const now = useNow(60_000)
  return (
    <ul className="space-y-4">
      {budgets
        .toSorted((a, b) => b.percent - a.percent)
        .map((state) => (
          <li key={`${state.whose} ${state.budget}`}>
            <BudgetBar state={state} now={now} />
          </li>
        ))}
    </ul>
  )
}

function BudgetBar({ state, now }: { state: BudgetState; now: number }) {
  const { budget, whose, used, limit, left, percent } = state
  const name = `${limitName(budget)}${whose === 'everyone' ? ', everybody together' : ''}`
  const color = left <= 0 ? 'bg-danger' : percent >= LOW_PERCENT ? 'bg-warn' : 'bg-series-1'
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h4 className="text-sm font-medium">{name}</h4>
        <p className="figures text-sm text-muted">
          {limitAmount(budget, used)} of {limitAmount(budget, limit)}
        </p>
      </div>
      <div
        role="meter"
        aria-label={name}
        aria-valuenow={Math.min(100, percent)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="my-1.5 h-2 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className={`h-full rounded-full ${color}`}
          style={{ width: `${Math.min(100, percent)}%` }}
        />
      </div>
      <p className={`text-sm ${left <= 0 ? 'text-danger' : 'text-muted'}`}>
        {left <= 0 ? 'Used up' : `${limitAmount(budget, left)} left`}; new{' '}
        {renewal(state.renews_at, now)}.
      </p>
    </>
  )
}
