import type { Change } from '@netra/protocol'

import { keptTogether } from '../../timeline/kept-together.ts'
import { Readable } from './readable.tsx'
import { visibleText } from './visible-text.ts'

/** What the call would change, as its tool says. */
export function ChangeView({ change, isEcho }: { change: Change; isEcho: boolean }) {
  const { summary, before } = change
  // What is only what the call was given stands below, once.
  const after = isEcho ? undefined : change.after
  const hasBoth = before !== undefined && after !== undefined
  return (
    <div className="space-y-2">
      <div>
        <h4 className="text-xs font-medium text-muted">
          {isEcho ? 'What would run' : 'What would change'}
        </h4>
        <p className="wrap-anywhere">{keptTogether(visibleText(summary))}</p>
      </div>
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
      <Readable of={name.toLowerCase()} value={value} />
    </div>
  )
}
