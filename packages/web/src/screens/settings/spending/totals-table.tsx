import type { SpendingTotals } from '@netra/client'

import { ScrollBox } from '../../../components/scroll-box.tsx'
import { formatGrouped, formatUsd } from '../../../timeline/format.ts'

interface TotalsTableProps {
  /** What a row is of: `Model`. */
  of: string
  rows: readonly (SpendingTotals & { name: string })[]
}

const HEAD = 'px-3 py-2 text-right font-medium whitespace-nowrap first:pl-0 first:text-left'
const CELL = 'figures px-3 py-2 text-right whitespace-nowrap first:pl-0 first:text-left'

/** What calls came to, a row for each. Money of calls without a price is in no sum, and says so. */
export function TotalsTable({ of, rows }: TotalsTableProps) {
  return (
    <ScrollBox
      always
      label={`By ${of.toLowerCase()}`}
      className="[--head:var(--color-paper)] [--table:var(--color-paper)]"
    >
      <table className="w-full min-w-[34rem] table-fixed text-sm">
        <thead className="border-b border-line text-muted">
          <tr>
            <th className={`${HEAD} w-36 sm:w-2/5`}>{of}</th>
            <th className={HEAD}>Calls</th>
            <th className={HEAD}>Input tokens</th>
            <th className={HEAD}>Output tokens</th>
            <th className={HEAD}>Cost</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row" className={`${CELL} max-w-64 truncate font-normal`} title={row.name}>
                {row.name}
              </th>
              <td className={CELL}>{formatGrouped(row.calls)}</td>
              <td className={CELL}>{formatGrouped(row.input_tokens)}</td>
              <td className={CELL}>{formatGrouped(row.output_tokens)}</td>
              <td className={CELL}>
                <Cost row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function Cost({ row }: { row: SpendingTotals }) {
  if (row.unpriced_calls === 0) return formatUsd(row.cost_usd)
  if (row.unpriced_calls === row.calls) return <span className="text-muted">price unknown</span>
  return (
    <>
      {formatUsd(row.cost_usd)}
      <span className="block text-xs text-muted">
        and {formatGrouped(row.unpriced_calls)} without a price
      </span>
    </>
  )
}
