import type { FileMapping, FileReading } from '@netra/client'
import { useState } from 'react'

import { countOf, formatGrouped } from '../../timeline/format.ts'
import { Button } from '../button.tsx'
import { Problem } from '../notice.tsx'
import { useAction } from '../use-action.ts'
import { MappingRow } from './mapping-row.tsx'
import { choicesFor, columnTitle, formatWords } from './mapping-words.ts'
import { Preview } from './preview.tsx'

interface MappingFormProps {
  reading: FileReading
  onSave: (mapping: FileMapping | null) => Promise<void>
  onClose: () => void
}

/** What a file was taken for, column by column, to be looked at and corrected. */
export function MappingForm({ reading, onSave, onClose }: MappingFormProps) {
  const [mapping, setMapping] = useState(reading.mapping)
  const save = useAction((wanted: FileMapping | null) => onSave(wanted))
  const isChanged = mapping !== reading.mapping
  const mapped = reading.schema.filter(({ name }) => mapping.columns[name])
  const others = reading.schema.filter(
    ({ name, sort }) => !mapping.columns[name] && choicesFor(sort, reading.columns).length > 0,
  )
  const change = (name: string, made: FileMapping['columns'][string] | null): void => {
    const { [name]: _, ...rest } = mapping.columns
    setMapping({ ...mapping, columns: made ? { ...rest, [name]: made } : rest })
  }
  const add = (name: string): void => {
    const column = reading.schema.find((each) => each.name === name)
    const first = column && choicesFor(column.sort, reading.columns).find(({ used }) => !used)
    const any = first ?? (column && choicesFor(column.sort, reading.columns)[0])
    if (any) change(name, { from: [any.name] })
  }
  return (
    <>
      <div className="min-h-0 flex-1 space-y-5 overflow-y-auto px-5 py-4">
        <Found reading={reading} />
        <section aria-label="Columns">
          <h3 className="text-sm font-semibold">Columns</h3>
          {mapped.length === 0 ? (
            <p className="mt-1 text-sm text-muted">
              None of this file’s columns is named as anything that is known of usage. Add those
              that are.
            </p>
          ) : (
            <ul>
              {mapped.map((column) => (
                <MappingRow
                  key={column.name}
                  column={column}
                  made={mapping.columns[column.name] ?? {}}
                  fileColumns={reading.columns}
                  onChange={(made) => change(column.name, made)}
                />
              ))}
            </ul>
          )}
          {others.length > 0 ? (
            <select
              aria-label="Add a column"
              value=""
              onChange={(event) => add(event.target.value)}
              className="mt-3 h-9 max-w-full rounded-md border border-edge bg-raised px-2 text-sm text-soft"
            >
              <option value="">Add a column…</option>
              {others.map(({ name }) => (
                <option key={name} value={name}>
                  {columnTitle(name)}
                </option>
              ))}
            </select>
          ) : null}
        </section>
        <Preview reading={reading} isOld={isChanged} />
        <Unused reading={reading} />
      </div>
      <div className="space-y-3 border-t border-line px-5 py-3">
        {save.problem === null ? null : <Problem>{save.problem}</Problem>}
        <div className="flex flex-wrap justify-end gap-2">
          {reading.corrected ? (
            <Button
              kind="quiet"
              className="mr-auto"
              disabled={save.isBusy}
              onClick={() => void save.run(null)}
            >
              Back to what was recognised
            </Button>
          ) : null}
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            busy={save.isBusy}
            disabled={!isChanged}
            onClick={() => void save.run(mapping)}
          >
            Save
          </Button>
        </div>
      </div>
    </>
  )
}

function Found({ reading }: { reading: FileReading }) {
  const { rows, rejected, format, corrected, note } = reading
  return (
    <div className="space-y-2 text-sm">
      <p>
        {corrected ? 'Corrected by you' : formatWords(format)}
        <span className="text-muted"> · {formatGrouped(rows)} rows read</span>
      </p>
      {note === null ? null : <p className="text-soft">{note}</p>}
      {rejected.count === 0 && rejected.reasons.length === 0 ? null : (
        <div className="rounded-md bg-sunken px-3 py-2.5">
          <p className="font-medium">
            {rejected.count === 0
              ? 'Worth knowing'
              : `Left out or not read in full: ${countOf(rejected.count, 'row')}`}
          </p>
          <ul className="mt-1 list-disc space-y-0.5 pl-5 text-soft">
            {rejected.reasons.map((reason) => (
              <li key={reason} className="wrap-anywhere">
                {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function Unused({ reading }: { reading: FileReading }) {
  const unused = reading.columns.filter(({ used }) => !used)
  if (unused.length === 0) return null
  return (
    <section aria-label="Columns not used" className="text-sm">
      <h3 className="font-semibold">Columns not used</h3>
      <p className="mt-1 wrap-anywhere text-muted">{unused.map(({ name }) => name).join(', ')}</p>
    </section>
  )
}
