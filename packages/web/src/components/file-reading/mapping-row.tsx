import type { ColumnMapping, FileReading } from '@netra/client'
import { useId } from 'react'

import { IconButton } from '../button.tsx'
import { CloseIcon } from '../icons.tsx'
import { choicesFor, columnTitle, isPlain, madeOf, unitName } from './mapping-words.ts'

interface MappingRowProps {
  column: FileReading['schema'][number]
  made: ColumnMapping
  fileColumns: FileReading['columns']
  onChange: (made: ColumnMapping | null) => void
}

const SELECT =
  'h-9 w-full min-w-0 rounded-md border border-edge bg-raised px-2 text-sm text-ink transition-colors focus:border-accent'

/** A column of the schema: what it means, which column of the file it is, and in which unit. */
export function MappingRow({ column, made, fileColumns, onChange }: MappingRowProps) {
  const id = useId()
  const title = columnTitle(column.name)
  const chosen = isPlain(made) ? (made.from?.[0] ?? '') : ''
  const choose = (name: string): void => {
    const { unit } = made
    onChange({ from: [name], ...(unit !== undefined && { unit }) })
  }
  return (
    <li className="grid grid-cols-[1fr_auto] items-center gap-x-2 gap-y-1 border-b border-line py-2.5 last:border-b-0 sm:grid-cols-[11rem_1fr_11rem_auto]">
      <div className="min-w-0">
        <label htmlFor={id} className="block text-sm font-medium">
          {title}
        </label>
        <p className="text-xs text-muted">{column.meaning}</p>
      </div>
      <div className="col-start-1 min-w-0 sm:col-start-2">
        <select
          id={id}
          value={chosen}
          onChange={(event) => choose(event.target.value)}
          className={SELECT}
        >
          {chosen === '' ? <option value="">{madeOf(made)}</option> : null}
          {choicesFor(column.sort, fileColumns).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div className="col-start-1 min-w-0 sm:col-start-3">
        {column.units.length > 1 && made.value === undefined ? (
          <select
            aria-label={`Unit of ${title}`}
            value={made.unit ?? column.units[0]}
            onChange={(event) => onChange({ ...made, unit: event.target.value })}
            className={SELECT}
          >
            {column.units.map((unit) => (
              <option key={unit} value={unit}>
                {unitName(unit)}
              </option>
            ))}
          </select>
        ) : null}
      </div>
      <div className="col-start-2 row-start-1 sm:col-start-4">
        <IconButton small label={`Do not read ${title}`} onClick={() => onChange(null)}>
          <CloseIcon size={14} />
        </IconButton>
      </div>
    </li>
  )
}
