import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { PasswordField } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { isRefusedForNow } from '../../live/retry-after.ts'
import { Done, entrance, EntrancePage, ToSignIn, useHashSecret } from './entrance-page.tsx'

export function ResetPasswordScreen() {
  const token = useHashSecret('token')
  const [isDone, setDone] = useState(false)
  const form = useForm(
    async (data) => {
      await entrance.resetPassword({ token: token ?? '', password: field(data, 'password') })
      setDone(true)
    },
    { repeatsAfter: isRefusedForNow },
  )
  if (token === null) {
    return (
      <EntrancePage title="The link is not complete">
        <p className="text-soft">
          Open it exactly as you got it: it ends with{' '}
          <code className="font-mono text-sm">#token=…</code>. It works once; if it was used,{' '}
          <ToSignIn>sign in</ToSignIn>.
        </p>
      </EntrancePage>
    )
  }
  if (isDone) {
    return (
      <EntrancePage title="Set your password">
        <Done>Your password is set. Every device that was signed in is signed out.</Done>
        <p className="mt-6">
          <ToSignIn>Sign in with the new password</ToSignIn>
        </p>
      </EntrancePage>
    )
  }
  return (
    <EntrancePage title="Set your password" text="Afterwards you sign in with it.">
      <form onSubmit={form.submit} className="space-y-4">
        <PasswordField is="new" label="New password" name="password" autoFocus />
        <FormProblem form={form} />
        <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
          Set the password
        </Button>
      </form>
      <p className="mt-6 text-sm text-muted">
        <ToSignIn>Back to signing in</ToSignIn>
      </p>
    </EntrancePage>
  )
}
