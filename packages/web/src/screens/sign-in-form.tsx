import { challengeSchema, EntranceApi } from '@netra/client'
import { useState, type ReactNode } from 'react'

import { Button } from '../components/button.tsx'
import { Field, PasswordField } from '../components/field.tsx'
import { field, FormProblem, useForm } from '../components/form.tsx'
import { Problem } from '../components/notice.tsx'
import { ApiError, type Api, type ServerConfig } from '../live/api.ts'
import { isRefusedForNow, isUnanswered } from '../live/retry-after.ts'
import { CheckMail } from './entrance/check-mail.tsx'
import { ProviderLinks } from './entrance/provider-links.tsx'

interface SignInFormProps {
  api: Api
  providers: ServerConfig['auth']['providers']
  /** Where a provider leads back to: a path of this app. */
  returnTo: string
  /** Who signs in again. */
  email?: string
  onDone: () => Promise<void>
  /** Below the first step. */
  below?: ReactNode
}

type Step =
  | { is: 'password'; problem?: string }
  | { is: 'two_factor'; challenge: string }
  | { is: 'verify_email'; email: string }

/** The step that a refused password asks for; null when it is a refusal and nothing more. */
function stepAfter(error: unknown, email: string): Step | null {
  if (!(error instanceof ApiError)) return null
  if (error.error_code === 'EMAIL_NOT_VERIFIED') return { is: 'verify_email', email }
  if (error.error_code !== 'TWO_FACTOR_REQUIRED') return null
  const details = challengeSchema.safeParse(error.details)
  return details.success ? { is: 'two_factor', challenge: details.data.challenge } : null
}

/** Signing in with everything that may be asked on the way. */
export function SignInForm({ api, providers, returnTo, onDone, ...rest }: SignInFormProps) {
  const [step, setStep] = useState<Step>({ is: 'password' })
  const start = (problem?: string) =>
    setStep({ is: 'password', ...(problem !== undefined && { problem }) })
  if (step.is === 'two_factor') {
    return <TwoFactor api={api} challenge={step.challenge} onDone={onDone} onBack={start} />
  }
  if (step.is === 'verify_email') {
    return <CheckMail api={api} email={step.email} onBack={() => start()} />
  }
  return (
    <div>
      <ProviderLinks api={api} providers={providers} returnTo={returnTo} />
      <Password api={api} problem={step.problem} onStep={setStep} onDone={onDone} {...rest} />
    </div>
  )
}

interface PasswordProps extends Pick<SignInFormProps, 'api' | 'email' | 'below' | 'onDone'> {
  /** Why the later step led back here. */
  problem: string | undefined
  onStep: (step: Step) => void
}

function Password({ api, email, below, problem, onStep, onDone }: PasswordProps) {
  const form = useForm(
    async (data) => {
      const login = { email: field(data, 'email'), password: field(data, 'password') }
      try {
        await api.login(login)
      } catch (error) {
        const next = stepAfter(error, login.email)
        if (next === null) throw error
        onStep(next)
        return
      }
      await onDone()
    },
    { repeatsAfter: isUnanswered },
  )
  return (
    <form onSubmit={form.submit} className="space-y-4">
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        defaultValue={email}
        autoFocus={email === undefined}
      />
      <PasswordField
        is="current"
        label="Password"
        name="password"
        minLength={1}
        data-first-focus={email === undefined ? undefined : true}
      />
      {problem !== undefined && form.problem === null ? <Problem>{problem}</Problem> : null}
      <FormProblem form={form} />
      <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
        Sign in
      </Button>
      {below}
    </form>
  )
}

interface TwoFactorProps {
  api: Api
  challenge: string
  onDone: () => Promise<void>
  /** To the password; `problem`: why this step cannot be taken any more. */
  onBack: (problem?: string) => void
}

/** The challenge ended: it was too long ago, or refused too often. */
const GONE = 410

function TwoFactor({ api, challenge, onDone, onBack }: TwoFactorProps) {
  const [isRecovery, setRecovery] = useState(false)
  const form = useForm(
    async (data) => {
      const code = field(data, 'code').trim()
      try {
        await new EntranceApi(api.requests).twoFactor({ challenge, code })
      } catch (error) {
        if (error instanceof ApiError && error.status === GONE) return onBack(error.user_message)
        throw error
      }
      await onDone()
    },
    { repeatsAfter: isRefusedForNow },
  )
  return (
    <form onSubmit={form.submit} className="space-y-4" aria-label="Second step">
      <p className="text-soft">
        {isRecovery
          ? 'Write one of the recovery codes that you kept. Each works once.'
          : 'Write the code that your authenticator app shows now.'}
      </p>
      {isRecovery ? (
        <Field
          key="recovery"
          label="Recovery code"
          name="code"
          required
          autoFocus
          mono
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
        />
      ) : (
        <Field
          key="code"
          label="Code"
          name="code"
          required
          autoFocus
          mono
          autoComplete="one-time-code"
          inputMode="numeric"
          pattern="[0-9]{3} ?[0-9]{3}"
          title="Six digits"
          placeholder="123456"
          maxLength={7}
        />
      )}
      <FormProblem form={form} />
      <Button type="submit" kind="primary" busy={form.isBusy} className="w-full">
        Continue
      </Button>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        <Button small kind="quiet" className="-ml-3" onClick={() => setRecovery(!isRecovery)}>
          {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
        </Button>
        <Button small kind="quiet" onClick={() => onBack()}>
          Start again
        </Button>
      </div>
    </form>
  )
}
