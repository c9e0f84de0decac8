import { EntranceApi } from '@netra/client'
import { useQuery } from '@tanstack/react-query'
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

/** An address has to be confirmed first: by a link in a message, or one that the administrator has. */
export function CheckMail({ api, email, onBack }: CheckMailProps) {
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config() })
  return config.data?.auth.sends_email === false ? (
    <AskForLink email={email} onBack={onBack} />
  ) : (
    <MailSent api={api} email={email} onBack={onBack} />
  )
}

function AskForLink({ email, onBack }: Pick<CheckMailProps, 'email' | 'onBack'>) {
  return (
    <div className="space-y-4">
      <Title>Confirm your email</Title>
      <p className="text-soft wrap-anywhere">
        The address <strong className="font-semibold text-ink">{email}</strong> has to be confirmed
        first. This Netra sends no email: ask your administrator for a link to confirm it.
      </p>
      <Button kind="quiet" className="-ml-4" onClick={onBack}>
        Back
      </Button>
    </div>
  )
}

/** Where the focus goes: what was there before is gone. */
function Title({ children }: { children: string }) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])
  return (
    <h2 ref={title} tabIndex={-1} className="text-lg font-semibold focus-visible:outline-none">
      {children}
    </h2>
  )
}

function MailSent({ api, email, onBack }: CheckMailProps) {
  const [sentAt, setSentAt] = useState(() => Date.now())
  const [wasResent, setResent] = useState(false)
  const left = Math.max(0, Math.ceil((sentAt + PAUSE_MS - useNow(1000)) / 1000))
  const form = useForm(async () => {
    await new EntranceApi(api.requests).resendVerification(email)
    setSentAt(Date.now())
    setResent(true)
  })
  return (
    <form onSubmit={form.submit} className="space-y-4">
      <Title>Check your email</Title>
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
