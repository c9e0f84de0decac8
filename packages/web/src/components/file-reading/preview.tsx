import type { FileReading } from '@netra/client'

import { columnTitle } from './mapping-words.ts'

/** The first rows as they are read under the mapping that is kept. */
export function Preview({ reading, isOld }: { reading: FileReading; isOld: boolean }) {
  const { columns, rows } = reading.preview
  if (rows.length === 0) return null
  return (
    <section aria-label="First rows as they are read">
      <h3 className="text-sm font-semibold">First rows as they are read</h3>
      {isOld ? <p className="mt-0.5 text-xs text-muted">Shown anew when you save.</p> : null}
      <div
        className={`mt-2 overflow-x-auto rounded-lg border border-line bg-raised ${isOld ? 'opacity-60' : ''}`}
        tabIndex={0}
        role="region"
        aria-label="First rows"
      >
        <table className="figures w-full text-sm">
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className="border-b border-line bg-sunken px-3 py-1.5 text-left font-medium whitespace-nowrap text-soft"
                >
                  {columnTitle(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <td
                    key={place}
                    className="max-w-64 truncate border-b border-line px-3 py-1.5 whitespace-nowrap"
                    title={cell === null ? undefined : String(cell)}
                  >
                    {cell === null ? <span className="text-muted">–</span> : String(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
