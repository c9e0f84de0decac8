import { ScrollBox } from '../../components/scroll-box.tsx'
import {
  cellText,
  columnFormat,
  isRight,
  isShort,
  type TableView,
} from '../../timeline/result-view.ts'

/** A table of a report: every row of it, because paper does not scroll. */
export function ReportTable({ title, table }: { title: string; table: TableView }) {
  const formats = table.columns.map((_, index) => columnFormat(table, index))
  const right = table.columns.map((_, index) => isRight(table, index))
  return (
    <figure className="print:break-inside-avoid">
      {title === '' ? null : <figcaption className="mb-1.5 font-medium">{title}</figcaption>}
      <div className="overflow-hidden rounded-lg border border-line bg-raised print:overflow-visible">
        <ScrollBox label={title === '' ? 'Table' : title}>
          <table className="figures w-full text-sm">
            <thead>
              <tr className="bg-sunken text-soft">
                {table.columns.map((column, index) => (
                  <th
                    key={index}
                    scope="col"
                    className={`px-2 py-1.5 align-bottom font-medium sm:px-3 ${right[index] ? 'text-right' : 'text-left'}`}
                  >
                    {column.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, index) => (
                <tr key={index} className="border-t border-line">
                  {row.map((cell, column) => {
                    const isNumeric = table.columns[column]?.numeric === true
                    const text = cellText(cell, isNumeric, formats[column])
                    return (
                      <td
                        key={column}
                        className={`px-2 py-1.5 align-top sm:px-3 ${right[column] ? 'text-right' : ''} ${
                          isShort(text) ? 'whitespace-nowrap' : 'min-w-36 wrap-break-word'
                        }`}
                      >
                        {text}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      </div>
    </figure>
  )
}
