import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref } from 'react'

import { EyeIcon, EyeOffIcon } from './icons.tsx'

export const INPUT =
  'h-10 w-full rounded-md border border-edge bg-raised px-3 text-base text-ink placeholder:text-muted transition-colors focus:border-accent focus-visible:outline-offset-0'

type FieldProps = InputHTMLAttributes<HTMLInputElement> & {
  label: string
  hint?: ReactNode
  error?: string | null
  /** Stands within the field, at its end. */
  end?: ReactNode
  /** Letters as wide as each other, for codes. */
  mono?: boolean
  ref?: Ref<HTMLInputElement>
}

export function Field({ label, hint, error, end, mono = false, className, ...props }: FieldProps) {
  const id = useId()
  const note = error ?? hint
  const look = `${INPUT} ${end ? 'pr-11' : ''} ${mono ? 'font-mono tracking-wider' : ''}`
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        {label}
      </label>
      <div className="relative">
        <input
          {...props}
          id={id}
          className={look}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {end ? <div className="absolute inset-y-0 right-0.5 flex items-center">{end}</div> : null}
      </div>
      {note ? (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${error ? 'text-danger' : 'text-muted'}`}>
          {note}
        </p>
      ) : null}
    </div>
  )
}

type PasswordFieldProps = Omit<FieldProps, 'type' | 'end' | 'autoComplete'> & {
  /** `current`: one that exists; `new`: one that is chosen here. */
  is: 'current' | 'new'
}

export const PASSWORD_HINT = 'At least 8 characters.'

/** A password, hidden unless the person wants to see what is typed. */
export function PasswordField({ is, ...props }: PasswordFieldProps) {
  const [isShown, setShown] = useState(false)
  return (
    <Field
      required
      spellCheck={false}
      autoCapitalize="none"
      maxLength={128}
      {...(is === 'new' && { minLength: 8, hint: PASSWORD_HINT })}
      {...props}
      type={isShown ? 'text' : 'password'}
      autoComplete={`${is}-password`}
      end={
        <button
          type="button"
          aria-label="Show what is typed"
          aria-pressed={isShown}
          title={isShown ? 'Hide what is typed' : 'Show what is typed'}
          onClick={() => setShown(!isShown)}
          className="touch inline-flex size-9 items-center justify-center rounded-md text-muted transition-colors hover:text-ink"
        >
          {isShown ? <EyeOffIcon /> : <EyeIcon />}
        </button>
      }
    />
  )
}
