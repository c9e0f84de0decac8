import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { useUser } from '../live/use-live.ts'
import { useSpendingApi } from '../screens/use-spending.ts'
import { LOW_PERCENT, lowBudget } from '../timeline/budget-words.ts'
import { useNow } from '../use-now.ts'

/** Where one writes: what is left of a budget, once little is. */
export function BudgetNote() {
  const spendingApi = useSpendingApi()
  const { limits } = useUser().state
  const warned = Object.keys(limits).filter((name) => name.endsWith('_percent'))
  const now = useNow(60_000)
  const { data } = useQuery({
    // A warning that comes is a reason to ask anew.
    queryKey: ['spending', 'low', limits],
    queryFn: ({ signal }) => spendingApi.mine(1, signal),
    enabled: warned.length > 0,
    staleTime: 10_000,
    refetchInterval: 60_000,
  })
  const low = (data?.budgets ?? []).filter(({ percent }) => percent >= LOW_PERCENT)
  const worst = low.toSorted((a, b) => b.percent - a.percent)[0]
  if (!worst) return null
  return (
    <p
      role="status"
      className={`appear mb-2 px-1 text-sm ${worst.left <= 0 ? 'text-danger' : 'text-soft'}`}
    >
      {lowBudget(worst, now)}{' '}
      <Link to="/settings/spending" className="underline underline-offset-3">
        Spending
      </Link>
    </p>
  )
}
