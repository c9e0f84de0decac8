import type { Spending } from '@netra/client'

import { countOf, formatCompact, formatUsd } from '../../../timeline/format.ts'

/** Today and this month, at a glance. */
export function SpentTiles({ today, month }: Pick<Spending, 'today' | 'month'>) {
  return (
    <ul className="grid grid-cols-2 gap-3">
      <Tile name="Today" spent={today} />
      <Tile name="This month" spent={month} />
    </ul>
  )
}

function Tile({ name, spent }: { name: string; spent: Spending['today'] }) {
  const isUnknown = spent.calls > 0 && spent.unpriced_calls === spent.calls
  return (
    <li className="min-w-0 wrap-anywhere rounded-lg border border-line bg-raised p-3">
      <h3 className="text-xs text-muted">{name}</h3>
      <p className="figures mt-0.5 text-xl font-semibold">
        {isUnknown ? `${formatCompact(spent.tokens)} tokens` : formatUsd(spent.cost_usd)}
      </p>
      <p className="figures mt-0.5 text-xs text-muted">
        {isUnknown ? '' : `${formatCompact(spent.tokens)} tokens, `}
        {countOf(spent.calls, 'call')}
        {spent.unpriced_calls > 0
          ? `, ${formatCompact(spent.unpriced_calls)} without a known price`
          : ''}
      </p>
    </li>
  )
}
