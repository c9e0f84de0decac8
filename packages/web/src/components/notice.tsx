import type { ReactNode } from 'react'

import { WarningIcon } from './icons.tsx'

/** What went wrong and what to do, where it happened. */
export function Problem({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div
      role="alert"
      className="appear flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-danger-wash px-3 py-2.5 text-sm text-danger"
    >
      <div className="flex min-w-[min(100%,16rem)] flex-1 items-start gap-2.5">
        <WarningIcon size={16} className="mt-0.5" />
        <p className="min-w-0 flex-1 wrap-anywhere">{children}</p>
      </div>
      {action}
    </div>
  )
}
