import { Link, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { DrawerButton } from '../../components/drawer-button.tsx'
import { useLive } from '../../live/use-live.ts'

const TAB =
  'touch -mb-px inline-flex h-10 items-center border-b-2 border-transparent px-1 text-sm text-muted transition-colors hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink'

export function SettingsScreen() {
  const { me } = useLive()
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:pl-6">
        <title>Settings · Netra</title>
        <DrawerButton />
        <h1 className="text-sm font-medium text-soft">Settings</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 pb-16 sm:px-6">
          <nav aria-label="Settings" className="flex gap-5 border-b border-line">
            <Link to="/settings/account" className={TAB}>
              Account
            </Link>
            <Link to="/settings/models" className={TAB}>
              Models
            </Link>
            {me.role === 'admin' ? (
              <Link to="/settings/invitations" className={TAB}>
                Invitations
              </Link>
            ) : null}
          </nav>
          <Outlet />
        </div>
      </div>
    </div>
  )
}

interface SectionProps {
  title: string
  text?: ReactNode
  children: ReactNode
}

/** One thing that can be settled. */
export function Section({ title, text, children }: SectionProps) {
  return (
    <section className="pt-8">
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      {text ? <p className="mt-1 max-w-prose text-sm text-muted">{text}</p> : null}
      <div className="mt-4">{children}</div>
    </section>
  )
}
