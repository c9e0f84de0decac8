import { useEffect, useRef } from 'react'

import { CopyButton } from './copy-button.tsx'

interface ShownOnceProps {
  /** What it is, as `link` or `key`. */
  what: string
  secret: string
  /** Who gets it, or where it goes. */
  hint?: string
}

/** A secret that cannot be shown again: to be copied now. */
export function ShownOnce({ what, secret, hint }: ShownOnceProps) {
  const box = useRef<HTMLDivElement>(null)
  // Whoever made it by keyboard or by ear is led to it.
  useEffect(() => box.current?.focus(), [secret])
  return (
    <div
      ref={box}
      tabIndex={-1}
      role="group"
      aria-label={`The new ${what}`}
      className="appear rounded-lg border border-line bg-accent-wash p-3 focus-visible:outline-none"
    >
      <p className="text-sm font-medium">
        The {what} is shown only now. Copy it before you leave.
        {hint ? <span className="font-normal text-soft"> {hint}</span> : null}
      </p>
      <div className="mt-2 flex items-center gap-2">
        <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{secret}</code>
        <CopyButton label={`Copy ${what}`} text={() => secret} />
      </div>
    </div>
  )
}
