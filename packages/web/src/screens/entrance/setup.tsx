import { Button } from '../../components/button.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { AccountFields } from './account-fields.tsx'
import { api, EntrancePage, ToSignIn, useEnter, useHashSecret } from './entrance-page.tsx'

export function SetupScreen() {
  const enter = useEnter()
  const token = useHashSecret('token')
  const form = useForm(async (data) => {
    const name = field(data, 'name').trim()
    await api.setup({
      token: token ?? '',
      email: field(data, 'email'),
      password: field(data, 'password'),
      ...(name !== '' && { name }),
    })
    await enter()
  })
  if (token === null) {
    return (
      <EntrancePage title="The setup link is not complete">
        <p className="text-soft">
          Open it exactly as Netra printed it in the terminal: it ends with{' '}
          <code className="font-mono text-sm">#token=…</code>. It works once; if it was used,{' '}
          <ToSignIn>sign in</ToSignIn>.
        </p>
      </EntrancePage>
    )
  }
  return (
    <EntrancePage
      title="Welcome to Netra"
      text="This account administers it: it connects models and invites people."
    >
      <form onSubmit={form.submit} className="space-y-4">
        <AccountFields />
        <FormProblem form={form} />
        <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
          Create the administrator
        </Button>
      </form>
    </EntrancePage>
  )
}
