import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'

type Kind = 'primary' | 'plain' | 'quiet' | 'danger' | 'warning'

const KINDS: Record<Kind, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong disabled:opacity-45',
  plain: 'border border-line bg-raised text-ink hover:bg-hover disabled:opacity-50',
  quiet: 'text-soft hover:bg-hover hover:text-ink disabled:opacity-45',
  /** Leads to something dangerous, and asks first. */
  warning: 'border border-line bg-raised text-danger hover:bg-danger-wash disabled:opacity-50',
  danger: 'bg-danger text-on-accent hover:opacity-90 disabled:opacity-45',
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: Kind
  busy?: boolean
  small?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function Button({ kind = 'plain', busy = false, small = false, ...props }: ButtonProps) {
  const { className, children, disabled, ...rest } = props
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={`touch inline-flex items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap transition-colors ${
        small ? 'h-8 px-3 text-sm' : 'h-10 px-4 text-base'
      } ${KINDS[kind]} ${className ?? ''}`}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  )
}

type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  label: string
  children: ReactNode
  small?: boolean
  ref?: Ref<HTMLButtonElement>
}

/** A button that shows only a picture; `label` is its name for everybody else. */
export function IconButton({ label, small = false, className, ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...props}
      className={`touch inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink disabled:opacity-40 aria-expanded:bg-hover aria-expanded:text-ink ${
        small ? 'size-7' : 'size-9'
      } ${className ?? ''}`}
    />
  )
}

export function Spinner({ size = 14 }: { size?: number }) {
  return (
    <svg
      aria-hidden="true"
      className="spinning shrink-0"
      width={size}
      height={size}
      viewBox="0 0 16 16"
    >
      <circle
        cx="8"
        cy="8"
        r="6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeDasharray="26 12"
      />
    </svg>
  )
}
