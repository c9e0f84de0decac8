import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { isUnanswered } from '../../live/retry-after.ts'
import { Done, entrance, EntrancePage, Note, ToSignIn, useConfig } from './entrance-page.tsx'

export function ForgotPasswordScreen() {
  const config = useConfig()
  return (
    <EntrancePage title="Forgot the password?">
      {config.data?.auth.sends_email === false ? (
        <Note>
          This Netra sends no email. Ask your administrator for a link to set a new password: it is
          under Settings, Users.
        </Note>
      ) : null}
      {config.data?.auth.sends_email ? <AskForLink /> : null}
      {config.isPending ? <p className="text-muted">Loading</p> : null}
      <p className="mt-6 text-sm text-muted">
        <ToSignIn>Back to signing in</ToSignIn>
      </p>
    </EntrancePage>
  )
}

function AskForLink() {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const form = useForm(
    async (data) => {
      const email = field(data, 'email')
      await entrance.forgotPassword(email)
      setSentTo(email)
    },
    { repeatsAfter: isUnanswered },
  )
  if (sentTo !== null) {
    return (
      <div className="space-y-4">
        <Done>
          If there is an account for {sentTo}, a link to set a new password is on its way. It works
          once, and not for long.
        </Done>
        <Button kind="quiet" className="-ml-4" onClick={() => setSentTo(null)}>
          Use another address
        </Button>
      </div>
    )
  }
  return (
    <form onSubmit={form.submit} className="space-y-4">
      <p className="text-soft">You get a link by email with which you set a new one.</p>
      <Field label="Email" name="email" type="email" autoComplete="username" required autoFocus />
      <FormProblem form={form} />
      <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
        Send the link
      </Button>
    </form>
  )
}
