import { cellText, columnFormat, type TableView } from '../../timeline/result-view.ts'

/** A number or a word: never broken, the table is scrolled instead. */
const SHORT = 16

/** A table of a report: whole, because paper does not scroll. */
export function ReportTable({ title, table }: { title: string; table: TableView }) {
  const formats = table.columns.map((_, index) => columnFormat(table, index))
  return (
    <figure className="print:break-inside-avoid">
      {title === '' ? null : <figcaption className="mb-1.5 font-medium">{title}</figcaption>}
      <div className="overflow-x-auto rounded-lg border border-line bg-raised print:overflow-visible">
        <table className="figures w-full text-sm">
          <thead>
            <tr className="bg-sunken text-soft">
              {table.columns.map((column, index) => (
                <th
                  key={index}
                  scope="col"
                  className={`px-3 py-1.5 font-medium ${column.numeric ? 'text-right' : 'text-left'}`}
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
                      className={`px-3 py-1.5 align-top ${isNumeric ? 'text-right' : ''} ${
                        text.length > SHORT ? 'min-w-40 wrap-anywhere' : 'whitespace-nowrap'
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
      </div>
    </figure>
  )
}
