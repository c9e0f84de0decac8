import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { SignOutIcon } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { Section } from './settings-screen.tsx'

export function Account() {
  const { me } = useLive()
  return (
    <>
      <Section title="You">
        <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-y-2.5">
          <dt className="text-muted">Name</dt>
          <dd>{me.name || 'not given'}</dd>
          <dt className="text-muted">Email</dt>
          <dd className="wrap-anywhere">{me.email}</dd>
          <dt className="text-muted">Role</dt>
          <dd>{me.role === 'admin' ? 'Administrator' : 'Member'}</dd>
        </dl>
      </Section>
      <Section
        title="Sign out"
        text="Answers that are running go on; they are there when you come back."
      >
        <div className="flex flex-wrap gap-2">
          <SignOut everywhere={false} label="Sign out" />
          <SignOut everywhere label="Sign out on every device" />
        </div>
      </Section>
    </>
  )
}

function SignOut({ everywhere, label }: { everywhere: boolean; label: string }) {
  const live = useLive()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const signOut = () => {
    setBusy(true)
    live.api.logout({ everywhere }).then(
      () => {
        live.close()
        // A new page: nothing of the person stays in memory.
        location.assign('/sign-in')
      },
      (error: unknown) => {
        setBusy(false)
        setProblem(problemText(error))
      },
    )
  }
  return (
    <>
      <Button busy={isBusy} kind={everywhere ? 'quiet' : 'plain'} onClick={signOut}>
        {everywhere ? null : <SignOutIcon size={16} />}
        {label}
      </Button>
      {problem ? <Problem>{problem}</Problem> : null}
    </>
  )
}
