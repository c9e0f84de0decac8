import { useMemo, useState } from 'react'

import { problemText } from '../live/api.ts'
import { countOf, formatNumber } from '../timeline/format.ts'
import {
  cellText,
  columnFormat,
  isRight,
  type Cell,
  type TableView,
} from '../timeline/result-view.ts'
import { Button } from './button.tsx'
import { ScrollBox } from './scroll-box.tsx'

const PAGE = 100
/** Characters of a cell above which it is wrapped. */
const LONG = 40

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
  const right = useMemo(() => table.columns.map((_, index) => isRight(table, index)), [table])
  return (
    <figure className="overflow-hidden rounded-lg border border-line bg-raised">
      <ScrollBox always label={label} className="max-h-80 overflow-y-auto">
        <table className="figures w-full border-separate border-spacing-0 text-sm">
          <thead>
            <tr>
              {table.columns.map((column, index) => (
                <th
                  key={index}
                  scope="col"
                  className={`sticky top-0 border-b border-line bg-sunken px-3 py-1.5 font-medium whitespace-nowrap text-soft ${
                    right[index] ? 'text-right' : 'text-left'
                  }`}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Row key={index} row={row} table={table} formats={formats} right={right} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
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
  right: readonly boolean[]
}

function Row({ row, table, formats, right }: RowProps) {
  return (
    <tr className="group">
      {table.columns.map((column, index) => {
        const text = cellText(row[index] ?? null, column.numeric, formats[index])
        const isLong = text.length > LONG
        return (
          <td
            key={index}
            title={isLong ? text : undefined}
            className={`border-line px-3 py-1 align-top group-not-first:border-t ${
              right[index] ? 'text-right' : 'text-left'
            } ${isLong ? 'min-w-60' : 'whitespace-nowrap'}`}
          >
            {text === '' ? <span className="text-muted">–</span> : null}
            {isLong ? <span className="line-clamp-6 wrap-anywhere">{text}</span> : text}
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
