import { layOutSql } from '../../timeline/sql.ts'
import { CopyButton } from '../copy-button.tsx'
import { LongText } from './long-text.tsx'
import { readableValue } from './visible-text.ts'

/** Exactly what would run: every argument, whole. */
export function CallArguments({ given }: { given: Record<string, unknown> }) {
  const entries = Object.entries(given)
  return (
    <div className="rounded-lg border border-line bg-sunken text-xs">
      <div className="flex items-center justify-between border-b border-line py-1 pr-1 pl-3">
        <h4 className="font-medium text-soft">Arguments</h4>
        <CopyButton label="Copy the arguments" text={() => JSON.stringify(given, null, 2)} />
      </div>
      {entries.length === 0 ? <p className="p-3 text-muted">None.</p> : null}
      <dl className="divide-y divide-line">
        {entries.map(([name, value]) => (
          <div
            key={name}
            className="grid gap-x-4 gap-y-0.5 px-3 py-2 sm:grid-cols-[minmax(5rem,9rem)_minmax(0,1fr)]"
          >
            <dt className="font-mono wrap-anywhere text-muted">{readableValue(name)}</dt>
            <dd className="min-w-0">
              <LongText
                of={name}
                text={readableValue(
                  name === 'sql' && typeof value === 'string' ? layOutSql(value) : value,
                )}
              />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
