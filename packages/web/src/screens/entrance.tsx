import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'

import { Button } from '../components/button.tsx'
import { Field } from '../components/field.tsx'
import { Mark } from '../components/icons.tsx'
import { Problem } from '../components/notice.tsx'
import { createApi } from '../live/api.ts'
import { field, SignInForm, useForm } from './sign-in-form.tsx'

const api = createApi()

/** A secret from the part of the address that no server sees; it leaves the address at once. */
function useHashSecret(name: string): string | null {
  const [secret] = useState(() => new URLSearchParams(location.hash.slice(1)).get(name))
  useEffect(() => {
    if (secret !== null) history.replaceState(history.state, '', location.pathname)
  }, [secret])
  return secret
}

function useEnter(): () => Promise<void> {
  const navigate = useNavigate()
  const client = useQueryClient()
  return async () => {
    await client.fetchQuery({ queryKey: ['me'], queryFn: () => api.me(), staleTime: 0 })
    const next = new URLSearchParams(location.search).get('next') ?? '/'
    await navigate({ to: next.startsWith('/') && !next.startsWith('//') ? next : '/' })
  }
}

const useConfig = () => useQuery({ queryKey: ['config'], queryFn: () => api.config() })

function Entrance({
  title,
  text,
  children,
}: {
  title: string
  text?: ReactNode
  children: ReactNode
}) {
  return (
    <main className="grid min-h-dvh place-items-center px-5 py-10">
      <div className="appear w-full max-w-88">
        <title>{`${title} · Netra`}</title>
        <Mark size={36} />
        <h1 className="mt-5 text-2xl font-semibold tracking-tight">{title}</h1>
        {text ? <p className="mt-2 text-soft">{text}</p> : null}
        <div className="mt-7">{children}</div>
      </div>
    </main>
  )
}

const LINK =
  'text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-current'

export function SignInScreen() {
  const enter = useEnter()
  const config = useConfig()
  return (
    <Entrance title="Sign in to Netra">
      <SignInForm api={api} onDone={enter} />
      {config.data?.auth.setup_required ? (
        <p className="mt-6 rounded-md bg-accent-wash px-3 py-2.5 text-sm">
          This Netra has no administrator yet. Open the setup link that it printed in the terminal
          when it started.
        </p>
      ) : null}
      {config.data?.auth.registration === 'open' ? (
        <p className="mt-6 text-sm text-muted">
          New here?{' '}
          <Link to="/register" className={LINK}>
            Create an account
          </Link>
        </p>
      ) : null}
      {config.data?.auth.registration === 'invitation' ? (
        <p className="mt-6 text-sm text-muted">
          New here? Ask an administrator for an invitation link.
        </p>
      ) : null}
    </Entrance>
  )
}

const PASSWORD_HINT = 'At least 8 characters.'

function AccountFields() {
  return (
    <>
      <Field label="Name" name="name" autoComplete="name" maxLength={200} autoFocus />
      <Field label="Email" name="email" type="email" autoComplete="username" required />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        minLength={8}
        required
        hint={PASSWORD_HINT}
      />
    </>
  )
}

export function RegisterScreen() {
  const enter = useEnter()
  const config = useConfig()
  const invitation = useHashSecret('invitation')
  const { isBusy, problem, submit } = useForm(async (form) => {
    const name = field(form, 'name').trim()
    await api.register({
      email: field(form, 'email'),
      password: field(form, 'password'),
      ...(name !== '' && { name }),
      ...(invitation !== null && { invitation }),
    })
    await enter()
  })
  const isClosed = invitation === null && config.data?.auth.registration === 'invitation'
  return (
    <Entrance
      title="Create your account"
      text={invitation === null ? null : 'You have been invited to this Netra.'}
    >
      {isClosed ? (
        <p className="rounded-md bg-accent-wash px-3 py-2.5 text-sm">
          An account here needs an invitation. Ask an administrator for a link, and open it in this
          browser.
        </p>
      ) : (
        <form onSubmit={submit} className="space-y-4">
          <AccountFields />
          {problem ? <Problem>{problem}</Problem> : null}
          <Button type="submit" kind="primary" busy={isBusy} className="w-full">
            Create account
          </Button>
        </form>
      )}
      <p className="mt-6 text-sm text-muted">
        Already have one?{' '}
        <Link to="/sign-in" className={LINK}>
          Sign in
        </Link>
      </p>
    </Entrance>
  )
}

export function SetupScreen() {
  const enter = useEnter()
  const token = useHashSecret('token')
  const { isBusy, problem, submit } = useForm(async (form) => {
    const name = field(form, 'name').trim()
    await api.setup({
      token: token ?? '',
      email: field(form, 'email'),
      password: field(form, 'password'),
      ...(name !== '' && { name }),
    })
    await enter()
  })
  if (token === null) {
    return (
      <Entrance title="The setup link is not complete">
        <p className="text-soft">
          Open it exactly as Netra printed it in the terminal: it ends with{' '}
          <code className="font-mono text-sm">#token=…</code>. It works once; if it was used,{' '}
          <Link to="/sign-in" className={LINK}>
            sign in
          </Link>
          .
        </p>
      </Entrance>
    )
  }
  return (
    <Entrance
      title="Welcome to Netra"
      text="This account administers it: it connects models and invites people."
    >
      <form onSubmit={submit} className="space-y-4">
        <AccountFields />
        {problem ? <Problem>{problem}</Problem> : null}
        <Button type="submit" kind="primary" busy={isBusy} className="w-full">
          Create the administrator
        </Button>
      </form>
    </Entrance>
  )
}
