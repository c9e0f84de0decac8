import { useState, type FormEvent } from 'react'

import { Button } from '../components/button.tsx'
import { Field } from '../components/field.tsx'
import { Problem } from '../components/notice.tsx'
import { problemText, type Api } from '../live/api.ts'

interface SignInFormProps {
  api: Api
  email?: string
  onDone: () => Promise<void>
}

export function SignInForm({ api, email, onDone }: SignInFormProps) {
  const { isBusy, problem, submit } = useForm(async (form) => {
    await api.login({ email: field(form, 'email'), password: field(form, 'password') })
    await onDone()
  })
  return (
    <form onSubmit={submit} className="space-y-4">
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        defaultValue={email}
        autoFocus={email === undefined}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        data-first-focus={email === undefined ? undefined : true}
      />
      {problem ? <Problem>{problem}</Problem> : null}
      <Button type="submit" kind="primary" busy={isBusy} className="w-full">
        Sign in
      </Button>
    </form>
  )
}

export const field = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

/** A form that says what went wrong, and sends once at a time. */
export function useForm(work: (form: FormData) => Promise<void>) {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setProblem(null)
    work(new FormData(event.currentTarget))
      .catch((error: unknown) => setProblem(problemText(error)))
      .finally(() => setBusy(false))
  }
  return { isBusy, problem, submit }
}
