import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from 'react'

export const INPUT =
  'h-10 w-full rounded-md border border-edge bg-raised px-3 text-base text-ink placeholder:text-muted transition-colors focus:border-accent focus-visible:outline-offset-0'

type FieldProps = InputHTMLAttributes<HTMLInputElement> & {
  label: string
  hint?: ReactNode
  error?: string | null
  ref?: Ref<HTMLInputElement>
}

export function Field({ label, hint, error, className, ...props }: FieldProps) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium text-soft">
        {label}
      </label>
      <input
        {...props}
        id={id}
        className={INPUT}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
      />
      {note ? (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${error ? 'text-danger' : 'text-muted'}`}>
          {note}
        </p>
      ) : null}
    </div>
  )
}
