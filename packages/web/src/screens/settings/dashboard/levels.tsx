import type { ServiceLevel } from '@netra/client'
import { useState } from 'react'

import { CheckIcon, WarningIcon } from '../../../components/icons.tsx'
import {
  formatMs,
  measuredWords,
  stateWords,
  targetWords,
} from '../../../timeline/dashboard-words.ts'
import { Runbook } from './runbook.tsx'

/** What was promised, and how the last hour was. */
export function Levels({ levels }: { levels: readonly ServiceLevel[] }) {
  const [shown, setShown] = useState<ServiceLevel | null>(null)
  return (
    <section aria-labelledby="service-levels">
      <h3 id="service-levels" className="font-semibold">
        Service levels
      </h3>
      <p className="mt-0.5 text-sm text-muted">The last hour, against what is promised.</p>
      <ul className="mt-3 divide-y divide-line rounded-lg border border-line">
        {levels.map((level) => (
          <Level key={level.id} level={level} onRunbook={() => setShown(level)} />
        ))}
      </ul>
      {shown ? <Runbook level={shown} onClose={() => setShown(null)} /> : null}
    </section>
  )
}

const TONES = { met: 'text-good', missed: 'text-danger', unknown: 'text-muted' }

function Level({ level, onRunbook }: { level: ServiceLevel; onRunbook: () => void }) {
  const value = level.within_ms === null ? null : formatMs(level.value_ms)
  return (
    <li aria-label={level.name} className="px-3 py-2.5">
      <div className="figures grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 gap-y-0.5 text-sm sm:grid-cols-[9rem_9rem_minmax(0,1fr)_6rem_auto]">
        <span className="font-medium">{level.name}</span>
        <span className="order-4 text-muted sm:order-none">{targetWords(level)}</span>
        <span className="order-2 sm:order-none">
          {measuredWords(level)}
          {level.share === null || value === null ? '' : `, up to ${value}`}
        </span>
        <span className={`order-1 inline-flex gap-1.5 sm:order-none ${TONES[level.state]}`}>
          {level.state === 'met' ? <CheckIcon size={14} className="translate-y-0.75" /> : null}
          {level.state === 'missed' ? <WarningIcon size={14} className="translate-y-0.75" /> : null}
          {stateWords(level)}
        </span>
        <button
          type="button"
          onClick={onRunbook}
          className="touch order-3 rounded-sm text-left text-accent underline underline-offset-3 hover:text-accent-strong sm:order-none"
        >
          What to do<span className="sr-only"> when {level.name} is missed</span>
        </button>
      </div>
      {level.state === 'missed' ? (
        <p className="mt-1 max-w-prose text-sm text-soft">{level.meaning}</p>
      ) : null}
    </li>
  )
}
