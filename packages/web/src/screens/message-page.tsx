import type { ReactNode } from 'react'

import { DrawerButton } from '../components/drawer-button.tsx'

/** A screen that has only something to say. */
export function Message({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col">
      <div className="flex h-14 items-center px-2 md:hidden">
        <DrawerButton />
      </div>
      <div className="grid flex-1 place-items-center px-6 pb-24">
        <div className="max-w-md">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          <div className="mt-2 text-soft">{children}</div>
        </div>
      </div>
    </div>
  )
}
