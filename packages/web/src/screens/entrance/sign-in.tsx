import { Link } from '@tanstack/react-router'

import { Button } from '../../components/button.tsx'
import { Problem } from '../../components/notice.tsx'
import { useAction } from '../../components/use-action.ts'
import type { ServerConfig } from '../../live/api.ts'
import { SignInForm } from '../sign-in-form.tsx'
import { useTold } from '../use-told.ts'
import {
  api,
  Done,
  entrance,
  EntrancePage,
  LINK,
  nextPath,
  Note,
  useConfig,
  useEnter,
} from './entrance-page.tsx'
import { wordsForError } from './sign-in-errors.ts'

/** What somebody without an account does here. */
const NEWCOMERS = {
  invitation: 'New here? Ask an administrator for an invitation link.',
  closed: 'New here? Only an administrator makes accounts; ask one.',
}

const NOTICES: Record<string, string> = {
  signed_out: 'You are signed out.',
  account_deleted: 'Your account is deleted, with all that was in it.',
}

export function SignInScreen() {
  const enter = useEnter()
  const config = useConfig()
  const refusal = wordsForError(useTold('error'))
  const notice = NOTICES[useTold('notice') ?? '']
  const auth = config.data?.auth
  return (
    <EntrancePage title="Sign in to Netra">
      <div className="space-y-4">
        {notice ? <Done>{notice}</Done> : null}
        {refusal ? <Problem>{refusal}</Problem> : null}
        <SignInForm
          api={api}
          providers={auth?.providers ?? []}
          returnTo={nextPath()}
          onDone={enter}
          below={
            <>
              <p className="text-sm">
                <Link to="/forgot-password" className={LINK}>
                  Forgot the password?
                </Link>
              </p>
              {config.data?.demo ? <TryDemo onDone={enter} /> : null}
              {auth ? <ForNewcomers auth={auth} /> : null}
            </>
          }
        />
      </div>
    </EntrancePage>
  )
}

function ForNewcomers({ auth: { registration, setup_required } }: Pick<ServerConfig, 'auth'>) {
  return (
    <>
      {setup_required ? (
        <Note>
          This Netra has no administrator yet. Open the setup link that it printed in the terminal
          when it started.
        </Note>
      ) : null}
      <p className="text-sm text-muted">
        {registration === 'invitation' || registration === 'closed' ? (
          NEWCOMERS[registration]
        ) : (
          <>
            New here?{' '}
            <Link to="/register" className={LINK}>
              Create an account
            </Link>
          </>
        )}
      </p>
    </>
  )
}

function TryDemo({ onDone }: { onDone: () => Promise<void> }) {
  const demo = useAction(async () => {
    await entrance.tryDemo()
    await onDone()
  })
  return (
    <div className="space-y-3">
      <Button className="w-full" busy={demo.isBusy} onClick={() => void demo.run()}>
        Try the demo
      </Button>
      {demo.problem ? <Problem>{demo.problem}</Problem> : null}
    </div>
  )
}
