import { EntranceApi } from '@netra/client'
import { useEffect, useRef, useState } from 'react'

import { Button } from '../../components/button.tsx'
import { FormProblem, useForm } from '../../components/form.tsx'
import type { Api } from '../../live/api.ts'
import { useNow } from '../../use-now.ts'

const PAUSE_MS = 60_000

interface CheckMailProps {
  api: Api
  email: string
  onBack: () => void
}

/** A message with a link is on its way to an address that has to be confirmed. */
export function CheckMail({ api, email, onBack }: CheckMailProps) {
  const [sentAt, setSentAt] = useState(() => Date.now())
  const [wasResent, setResent] = useState(false)
  const left = Math.max(0, Math.ceil((sentAt + PAUSE_MS - useNow(1000)) / 1000))
  const first = useRef<HTMLHeadingElement>(null)
  useEffect(() => first.current?.focus(), [])
  const form = useForm(async () => {
    await new EntranceApi(api.requests).resendVerification(email)
    setSentAt(Date.now())
    setResent(true)
  })
  return (
    <form onSubmit={form.submit} className="space-y-4">
      <h2 ref={first} tabIndex={-1} className="text-lg font-semibold focus-visible:outline-none">
        Check your email
      </h2>
      <p className="text-soft wrap-anywhere">
        We have sent a link to <strong className="font-semibold text-ink">{email}</strong>. Open it
        to confirm the address; then sign in.
      </p>
      <p className="text-sm text-muted">Nothing there? Look among the unwanted messages.</p>
      <FormProblem form={form} />
      <p role="status" className="text-sm text-soft empty:hidden">
        {wasResent ? 'The link was sent again.' : null}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" busy={form.isBusy} disabled={left > 0}>
          Send it again
          {left > 0 ? (
            <span aria-hidden="true" className="figures font-normal text-muted">
              in {left} s
            </span>
          ) : null}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          Back
        </Button>
      </div>
    </form>
  )
}
