import { layOutSql } from '../../timeline/sql.ts'
import { CopyButton } from '../copy-button.tsx'
import { ChevronRightIcon } from '../icons.tsx'
import { LongText } from './long-text.tsx'
import { Readable } from './readable.tsx'
import { visibleText } from './visible-text.ts'

interface CallArgumentsProps {
  tool: string
  given: Record<string, unknown>
  /** Nothing else says what the call would do. */
  isOpen: boolean
}

/** Exactly what would run: every argument, whole, once. */
export function CallArguments({ tool, given, isOpen }: CallArgumentsProps) {
  const entries = Object.entries(given)
  const count = entries.length === 1 ? '1 argument' : `${entries.length} arguments`
  return (
    <details open={isOpen} className="group/call rounded-lg border border-line bg-sunken text-xs">
      <summary className="touch flex cursor-pointer items-center gap-1 rounded-lg px-2 py-2 text-soft hover:text-ink">
        <ChevronRightIcon
          size={14}
          className="shrink-0 transition-transform group-open/call:rotate-90"
        />
        <span className="min-w-0 wrap-anywhere">
          <span className="font-medium">Exactly what would run</span>: {tool},{' '}
          {entries.length === 0 ? 'without arguments' : count}
        </span>
      </summary>
      <div className="flex items-center justify-between border-t border-line py-1 pr-1 pl-3">
        <h4 className="font-medium text-soft">Arguments</h4>
        <CopyButton label="Copy the arguments" text={() => JSON.stringify(given, null, 2)} />
      </div>
      {entries.length === 0 ? <p className="px-3 pb-3 text-muted">None.</p> : null}
      <dl className="divide-y divide-line border-t border-line">
        {entries.map(([name, value]) => (
          <div
            key={name}
            className="grid gap-x-4 gap-y-0.5 px-3 py-2 sm:grid-cols-[minmax(5rem,9rem)_minmax(0,1fr)]"
          >
            <dt className="font-mono wrap-anywhere text-muted">{visibleText(name)}</dt>
            <dd className="min-w-0">
              {name === 'sql' && typeof value === 'string' ? (
                <LongText of={name} text={visibleText(layOutSql(value))} />
              ) : (
                <Readable exact of={name} value={value} />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
