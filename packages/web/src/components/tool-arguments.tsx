import { layOutSql } from '../timeline/sql.ts'
import { CopyButton } from './copy-button.tsx'

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null

function codeOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(isPlain)) return value.map(String).join(', ')
  return JSON.stringify(value, null, 2)
}

/** Exactly what the tool was given. */
export function ToolArguments(props: { name: string; given: Record<string, unknown> }) {
  const entries = Object.entries(props.given)
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 rounded-lg border border-line bg-sunken p-3 text-xs">
      <dt className="text-muted">tool</dt>
      <dd className="font-mono">{props.name}</dd>
      {entries.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0">
            {name === 'sql' && typeof value === 'string' ? (
              <span className="flex items-start gap-2">
                <pre
                  className="max-h-60 flex-1 overflow-auto font-mono leading-relaxed"
                  tabIndex={0}
                >
                  {layOutSql(value)}
                </pre>
                <CopyButton label="Copy SQL" text={() => layOutSql(value)} />
              </span>
            ) : (
              <span className="font-mono wrap-anywhere whitespace-pre-wrap">{codeOf(value)}</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}
