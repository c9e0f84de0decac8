import type { Budgets } from '@netra/client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type RefObject } from 'react'

import { Button } from '../../../components/button.tsx'
import { Confirm } from '../../../components/confirm.tsx'
import { limitsInWords } from '../../../timeline/budget-words.ts'
import { useSpendingApi } from '../../use-spending.ts'
import { SCOPES } from './budget-scopes.ts'

type Written = Budgets['written'][number]

interface WrittenBudgetsProps {
  written: readonly Written[]
  /** Where one goes on after the last was removed. */
  below: RefObject<HTMLElement | null>
  onChange: (budget: Written) => void
  onRemoved: () => void
}

/** Every budget that administrators wrote down; draws nothing while there is none. */
export function WrittenBudgets({ written, below, onChange, onRemoved }: WrittenBudgetsProps) {
  const spendingApi = useSpendingApi()
  const client = useQueryClient()
  const [asked, setAsked] = useState<Written | null>(null)
  const list = useRef<HTMLUListElement>(null)
  /** The place of the row that was just removed. */
  const gone = useRef<number | null>(null)
  // The button that asked is no more, so that the dialog has nothing to give the focus back to.
  useEffect(() => {
    if (asked !== null || gone.current === null) return
    const rows = list.current?.children
    const next = rows?.item(Math.min(gone.current, rows.length - 1))
    gone.current = null
    // The row, not its button: an Enter too many removes nothing.
    const place = next instanceof HTMLElement ? next : below.current
    place?.focus()
  }, [asked, below])
  if (written.length === 0) return null
  return (
    <>
      <ul
        ref={list}
        className="divide-y divide-line border-y border-line text-sm"
        aria-label="What is set"
      >
        {written.map((budget) => (
          <li
            key={budget.scope}
            tabIndex={-1}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2"
          >
            <div className="min-w-0 flex-1 basis-60 wrap-anywhere">
              <p>{whoseName(budget)}</p>
              <p className="figures text-muted">{limitsInWords(budget.limits)}</p>
            </div>
            <div className="flex items-center gap-1">
              {isOfNobody(budget) ? null : (
                <Button
                  small
                  aria-label={`Change the budget of ${whoseName(budget)}`}
                  onClick={() => onChange(budget)}
                >
                  Change
                </Button>
              )}
              <Button
                small
                kind="quiet"
                aria-label={`Remove the budget of ${whoseName(budget)}`}
                onClick={() => setAsked(budget)}
              >
                Remove
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <Confirm
          title="Remove this budget?"
          text={`${whoseName(asked)}: ${limitsInWords(asked.limits)}. Without it, what is written for more people holds, or what the settings of the server say.`}
          action="Remove"
          onClose={() => setAsked(null)}
          onConfirm={async () => {
            const place = written.findIndex(({ scope }) => scope === asked.scope)
            const wish = { scope: asked.scope, limits: {} }
            client.setQueryData(['budgets'], await spendingApi.setBudget(wish))
            await client.invalidateQueries({ queryKey: ['spending'] })
            gone.current = place
            onRemoved()
          }}
        />
      )}
    </>
  )
}

/** Its account is gone, or kept elsewhere: it can only be removed. */
const isOfNobody = ({ scope, email }: Written): boolean =>
  email === null && scope.startsWith('user:')

const whoseName = ({ scope, email }: Written): string =>
  email ??
  SCOPES.find((each) => each.scope === scope)?.name ??
  `a user who is gone (${scope.slice('user:'.length, 'user:'.length + 8)})`
