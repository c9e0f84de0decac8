import type { Change } from '@netra/protocol'

import { LongText } from './long-text.tsx'
import { readableValue, visibleText } from './visible-text.ts'

/** What the call would change, as its tool says. */
export function ChangeView({ change }: { change: Change }) {
  const { summary, before, after } = change
  const hasBoth = before !== undefined && after !== undefined
  return (
    <div className="space-y-2">
      <p className="wrap-anywhere">
        <span className="font-medium">What would change:</span> {visibleText(summary)}
      </p>
      {before === undefined && after === undefined ? null : (
        <div className={`grid gap-2 text-xs ${hasBoth ? 'sm:grid-cols-2' : ''}`}>
          {before === undefined ? null : <Side name="Before" value={before} />}
          {after === undefined ? null : <Side name="After" value={after} />}
        </div>
      )}
    </div>
  )
}

function Side({ name, value }: { name: 'Before' | 'After'; value: unknown }) {
  return (
    <div className="min-w-0 rounded-lg border border-line bg-sunken p-3">
      <h4 className={`mb-1 font-medium ${name === 'After' ? 'text-good' : 'text-muted'}`}>
        {name}
      </h4>
      <LongText of={name.toLowerCase()} text={readableValue(value)} />
    </div>
  )
}
