import type { ReactNode } from 'react'

import { CheckIcon } from './icons.tsx'

/** Says that something was saved; silent while `at` is 0, told anew for every later `at`. */
export function Saved({ at, children }: { at: number; children: ReactNode }) {
  return (
    <div role="status" className="empty:hidden">
      {at > 0 ? (
        <p key={at} className="appear flex items-start gap-2 text-sm text-good">
          <CheckIcon size={16} className="mt-0.5" />
          <span className="min-w-0">{children}</span>
        </p>
      ) : null}
    </div>
  )
}
