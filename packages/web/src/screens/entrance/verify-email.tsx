import { useEffect, useRef, useState } from 'react'

import { Spinner } from '../../components/button.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText } from '../../live/api.ts'
import { Done, entrance, EntrancePage, ToSignIn, useHashSecret } from './entrance-page.tsx'

type Outcome = { is: 'asking' } | { is: 'confirmed' } | { is: 'refused'; why: string }

export function VerifyEmailScreen() {
  const token = useHashSecret('token')
  const [outcome, setOutcome] = useState<Outcome>({ is: 'asking' })
  // The link works once: it must not be spent twice by the same page.
  const wasAsked = useRef(false)
  useEffect(() => {
    if (token === null || wasAsked.current) return
    wasAsked.current = true
    entrance.verifyEmail(token).then(
      () => setOutcome({ is: 'confirmed' }),
      (error: unknown) => setOutcome({ is: 'refused', why: problemText(error) }),
    )
  }, [token])
  if (token === null) {
    return (
      <EntrancePage title="The link is not complete">
        <p className="text-soft">
          Open it exactly as it stands in the message: it ends with{' '}
          <code className="font-mono text-sm">#token=…</code>. Once your address is confirmed,{' '}
          <ToSignIn>sign in</ToSignIn>.
        </p>
      </EntrancePage>
    )
  }
  return (
    <EntrancePage title="Confirm your email address">
      {outcome.is === 'asking' ? (
        <p role="status" className="flex items-center gap-2.5 text-soft">
          <Spinner /> Confirming
        </p>
      ) : null}
      {outcome.is === 'confirmed' ? (
        <>
          <Done>Your address is confirmed.</Done>
          <p className="mt-6">
            <ToSignIn />
          </p>
        </>
      ) : null}
      {outcome.is === 'refused' ? (
        <>
          <Problem>{outcome.why}</Problem>
          <p className="mt-6 text-sm text-muted">
            <ToSignIn /> with your password: if the address is not confirmed yet, you can have a new
            link sent.
          </p>
        </>
      ) : null}
    </EntrancePage>
  )
}
