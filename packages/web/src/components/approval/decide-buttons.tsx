import { ApprovalsApi } from '@netra/client'
import { useId, useState } from 'react'

import { useLive } from '../../live/use-live.ts'
import { Button } from '../button.tsx'
import { Problem } from '../notice.tsx'
import { useAction } from '../use-action.ts'
import type { AskedCall } from './asked-call.ts'
import { useAnswer } from './use-answer.ts'

/** Yes or no, with a reason; and whether this is to be asked about again. */
export function DecideButtons({ call }: { call: AskedCall }) {
  const { api } = useLive()
  const [hasReason, setHasReason] = useState(false)
  const [reason, setReason] = useState('')
  const [isLast, setLast] = useState(false)
  const id = useId()
  const answer = useAnswer(call)
  const allow = useAction(async () => {
    if (isLast) await new ApprovalsApi(api.requests).stopAsking(call)
    await answer.run({ action: 'accept', reason })
  })
  const isBusy = answer.isBusy || allow.isBusy
  const problem = allow.problem ?? answer.problem
  return (
    <div className="space-y-3">
      {hasReason ? (
        <div>
          <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
            Reason (the agent reads it)
          </label>
          <textarea
            id={id}
            autoFocus
            rows={2}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            className="w-full rounded-md border border-edge bg-raised px-3 py-2 text-base focus:border-accent"
          />
        </div>
      ) : null}
      {problem ? <Problem>{problem}</Problem> : null}
      <div className="flex flex-wrap items-center gap-2">
        <Button small kind="primary" busy={isBusy} onClick={() => void allow.run()}>
          {call.isInterrupted ? 'Run again' : 'Allow'}
        </Button>
        <Button
          small
          disabled={isBusy}
          onClick={() => void answer.run({ action: 'decline', reason })}
        >
          {call.isInterrupted ? 'Go on without it' : 'Refuse'}
        </Button>
        {hasReason ? null : (
          <Button small kind="quiet" disabled={isBusy} onClick={() => setHasReason(true)}>
            Add a reason
          </Button>
        )}
      </div>
      {call.isInterrupted || call.asksAlways ? null : (
        <label className="touch flex items-start gap-2 text-xs text-soft">
          <input
            type="checkbox"
            checked={isLast}
            disabled={isBusy}
            onChange={(event) => setLast(event.currentTarget.checked)}
            className="mt-0.5 size-3.5 shrink-0 accent-accent"
          />
          <span>When I allow it: do not ask about this tool again</span>
        </label>
      )}
    </div>
  )
}
