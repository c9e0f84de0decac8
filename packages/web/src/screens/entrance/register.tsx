import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { isRefusedForNow } from '../../live/retry-after.ts'
import { AccountFields } from './account-fields.tsx'
import { CheckMail } from './check-mail.tsx'
import {
  api,
  entrance,
  EntrancePage,
  Note,
  ToSignIn,
  useConfig,
  useEnter,
  useHashSecret,
} from './entrance-page.tsx'
import { ProviderLinks } from './provider-links.tsx'

const REFUSED = {
  invitation:
    'An account here needs an invitation. Ask an administrator for a link, and open it in this browser.',
  closed:
    'Nobody can register here: an administrator makes the accounts. Ask one, and you get a link to set your password.',
}

const INVITED_BUT_CLOSED =
  'Registration is closed now, also for people with an invitation. Ask whoever invited you to open it again, then come back with the same link.'

export function RegisterScreen() {
  const config = useConfig()
  const invitation = useHashSecret('invitation')
  const [awaited, setAwaited] = useState<string | null>(null)
  const policy = config.data?.auth.registration
  const refused = refusal(policy, invitation !== null)
  if (awaited !== null) {
    return (
      <EntrancePage title="One more step">
        <CheckMail api={api} email={awaited} onBack={() => setAwaited(null)} />
      </EntrancePage>
    )
  }
  return (
    <EntrancePage
      title="Create your account"
      text={invitation === null ? null : 'You have been invited to this Netra.'}
    >
      {refused === null ? (
        <RegisterForm
          invitation={invitation}
          emailHint={
            policy === 'domain' && invitation === null
              ? 'Use the address of your organization: only some domains may register.'
              : null
          }
          onAwaited={setAwaited}
        />
      ) : (
        <Note>{refused}</Note>
      )}
      <p className="mt-6 text-sm text-muted">
        Already have one? <ToSignIn />
      </p>
    </EntrancePage>
  )
}

/** Why nothing is to be filled in; null when there is. */
function refusal(policy: string | undefined, isInvited: boolean) {
  if (policy === 'closed') return isInvited ? INVITED_BUT_CLOSED : REFUSED.closed
  return policy === 'invitation' && !isInvited ? REFUSED.invitation : null
}

interface RegisterFormProps {
  invitation: string | null
  emailHint: string | null
  onAwaited: (email: string) => void
}

function RegisterForm({ invitation, emailHint, onAwaited }: RegisterFormProps) {
  const enter = useEnter()
  const config = useConfig()
  const form = useForm(
    async (data) => {
      const name = field(data, 'name').trim()
      const email = field(data, 'email')
      const answer = await entrance.register({
        email,
        password: field(data, 'password'),
        ...(name !== '' && { name }),
        ...(invitation !== null && { invitation }),
      })
      if ('status' in answer) onAwaited(email)
      else await enter()
    },
    { repeatsAfter: isRefusedForNow },
  )
  return (
    <>
      <ProviderLinks
        api={api}
        providers={config.data?.auth.providers ?? []}
        returnTo="/"
        invitation={invitation}
      />
      <form onSubmit={form.submit} className="space-y-4">
        <AccountFields emailHint={emailHint} />
        <FormProblem form={form} />
        <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
          Create account
        </Button>
      </form>
    </>
  )
}
