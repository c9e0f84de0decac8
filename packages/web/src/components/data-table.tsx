import { useState } from 'react'

import { countOf, formatNumber } from '../timeline/format.ts'
import { cellText, type Cell, type TableView } from '../timeline/result-view.ts'
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
              <Row key={index} row={row} table={table} />
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
    ? `First ${formatNumber(shown)} of ${countOf(table.total, 'row')}`
    : countOf(table.total, 'row')

function Row({ row, table }: { row: readonly Cell[]; table: TableView }) {
  return (
    <tr className="group">
      {table.columns.map((column, index) => {
        const text = cellText(row[index] ?? null, column.numeric)
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

function LoadAll({ onLoadAll }: { onLoadAll: () => Promise<void> }) {
  const [state, setState] = useState<'ready' | 'busy' | string>('ready')
  const load = () => {
    setState('busy')
    onLoadAll().then(
      () => setState('ready'),
      (error: unknown) => setState(error instanceof Error ? error.message : String(error)),
    )
  }
  return (
    <span className="flex items-center gap-2">
      {state === 'ready' || state === 'busy' ? null : <span className="text-danger">{state}</span>}
      <Button small kind="quiet" busy={state === 'busy'} onClick={load} className="h-6 text-xs">
        Load full result
      </Button>
    </span>
  )
}
