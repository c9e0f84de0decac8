import { useMemo, useState } from 'react'

import { problemText } from '../live/api.ts'
import { countOf, formatNumber } from '../timeline/format.ts'
import { cellText, columnFormat, type Cell, type TableView } from '../timeline/result-view.ts'
import { Button } from './button.tsx'

const PAGE = 100

interface DataTableProps {
  table: TableView
  label: string
  /** Fetches the whole of a result of which only the beginning came along. */
  onLoadAll?: (() => Promise<void>) | undefined
}

/** Rows of a result: the first hundred, more on request, the count always. */
export function DataTable({ table, label, onLoadAll }: DataTableProps) {
  const [shown, setShown] = useState(PAGE)
  const rows = table.rows.slice(0, shown)
  const more = table.rows.length - rows.length
  const formats = useMemo(
    () => table.columns.map((_, index) => columnFormat(table, index)),
    [table],
  )
  return (
    <figure className="overflow-hidden rounded-lg border border-line bg-raised">
      <div className="max-h-80 overflow-auto" tabIndex={0} role="region" aria-label={label}>
        <table className="figures w-full border-separate border-spacing-0 text-sm">
          <thead>
            <tr>
              {table.columns.map((column, index) => (
                <th
                  key={index}
                  scope="col"
                  className={`sticky top-0 border-b border-line bg-sunken px-3 py-1.5 font-medium whitespace-nowrap text-soft ${
                    column.numeric ? 'text-right' : 'text-left'
                  }`}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Row key={index} row={row} table={table} formats={formats} />
            ))}
          </tbody>
        </table>
      </div>
      <figcaption className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-3 py-1.5 text-xs text-muted">
        <span className="min-w-0 flex-1">
          {captionOf(table, rows.length)}
          {table.note ? <span className="ml-2">{table.note}</span> : null}
        </span>
        {more > 0 ? (
          <button
            type="button"
            className="text-accent hover:underline"
            onClick={() => setShown(shown + 10 * PAGE)}
          >
            Show {formatNumber(Math.min(more, 10 * PAGE))} more
          </button>
        ) : null}
        {onLoadAll && more <= 0 ? <LoadAll onLoadAll={onLoadAll} /> : null}
      </figcaption>
    </figure>
  )
}

const captionOf = (table: TableView, shown: number): string =>
  shown < table.total
    ? `First ${formatNumber(shown)} of ${countOf(table.total, table.unit)}`
    : countOf(table.total, table.unit)

interface RowProps {
  row: readonly Cell[]
  table: TableView
  formats: readonly ((value: number) => string)[]
}

function Row({ row, table, formats }: RowProps) {
  return (
    <tr className="group">
      {table.columns.map((column, index) => {
        const text = cellText(row[index] ?? null, column.numeric, formats[index])
        return (
          <td
            key={index}
            title={text.length > 60 ? text : undefined}
            className={`max-w-80 truncate border-line px-3 py-1 group-not-first:border-t ${
              column.numeric ? 'text-right' : 'text-left'
            }`}
          >
            {text === '' ? <span className="text-muted">–</span> : text}
          </td>
        )
      })}
    </tr>
  )
}

/** Fetches what was too large to come along. */
export function LoadAll({ onLoadAll }: { onLoadAll: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const load = () => {
    setBusy(true)
    onLoadAll()
      .catch((error: unknown) => setProblem(problemText(error)))
      .finally(() => setBusy(false))
  }
  return (
    <span className="flex items-center gap-2">
      {problem ? <span className="text-danger">{problem}</span> : null}
      <Button small kind="quiet" busy={isBusy} onClick={load} className="h-6 text-xs">
        Load full result
      </Button>
    </span>
  )
}
