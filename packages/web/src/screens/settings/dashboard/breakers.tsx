import type { Breaker } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../../components/button.tsx'
import { Confirm } from '../../../components/confirm.tsx'
import { CheckIcon, WarningIcon } from '../../../components/icons.tsx'
import { BREAKER_STATES, breakerKind, breakerWords } from '../../../timeline/dashboard-words.ts'
import { useOperationsApi } from '../../use-operations.ts'

interface BreakersProps {
  breakers: readonly Breaker[]
  now: number
  onReset: () => void
}

const ORDER: Record<Breaker['state'], number> = { OPEN: 0, HALF_OPEN: 1, CLOSED: 2 }

/** What is refused at once because it failed too often, and a way to try it now. */
export function Breakers({ breakers, now, onReset }: BreakersProps) {
  const operations = useOperationsApi()
  const [asked, setAsked] = useState<Breaker | null>(null)
  const sorted = breakers.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || compare(a, b))
  return (
    <section aria-labelledby="breakers">
      <h3 id="breakers" className="font-semibold">
        Circuit breakers
      </h3>
      <p className="mt-0.5 text-sm text-muted">
        One stands before each model, tool and service. After several failures in a row it opens, so
        that people are told at once instead of waiting.
      </p>
      {sorted.length === 0 ? (
        <p className="mt-3 text-sm text-muted">Nothing was called yet.</p>
      ) : (
        <ul className="mt-3 divide-y divide-line rounded-lg border border-line">
          {sorted.map((breaker) => (
            <Line key={breaker.id} breaker={breaker} now={now} onReset={() => setAsked(breaker)} />
          ))}
        </ul>
      )}
      {asked ? (
        <Confirm
          title={`Reset ${asked.name}?`}
          text="The next call goes through again. If the cause is still there, people wait for it once more until the breaker opens."
          action="Reset"
          danger={false}
          onConfirm={async () => {
            await operations.resetBreaker(asked.id)
            onReset()
          }}
          onClose={() => setAsked(null)}
        />
      ) : null}
    </section>
  )
}

const compare = (a: Breaker, b: Breaker): number => a.id.localeCompare(b.id)

const TONES: Record<Breaker['state'], string> = {
  CLOSED: 'text-good',
  HALF_OPEN: 'text-warn',
  OPEN: 'text-danger',
}

interface LineProps {
  breaker: Breaker
  now: number
  onReset: () => void
}

function Line({ breaker, now, onReset }: LineProps) {
  const Icon = breaker.state === 'CLOSED' ? CheckIcon : WarningIcon
  return (
    <li aria-label={breaker.id} className="flex flex-wrap items-start gap-x-4 gap-y-1 px-3 py-2.5">
      <span className={`flex w-28 items-center gap-1.5 text-sm ${TONES[breaker.state]}`}>
        <Icon size={14} />
        {BREAKER_STATES[breaker.state]}
      </span>
      <div className="min-w-[min(100%,14rem)] flex-1">
        <p className="text-sm wrap-anywhere">
          <span className="font-medium">{breaker.name}</span>{' '}
          <span className="text-muted">{breakerKind(breaker.kind)}</span>
        </p>
        <p className="figures text-sm text-muted">{breakerWords(breaker, now)}</p>
        {breaker.last_error !== null && breaker.state !== 'CLOSED' ? (
          <p className="mt-0.5 text-sm text-soft wrap-anywhere">{breaker.last_error}</p>
        ) : null}
      </div>
      {breaker.state === 'CLOSED' ? null : (
        <Button small onClick={onReset}>
          Reset<span className="sr-only"> {breaker.name}</span>
        </Button>
      )}
    </li>
  )
}
