import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

import { Dialog } from '../components/dialog.tsx'
import { DrawerContext } from '../components/drawer-button.tsx'
import { preloadMarkdown } from '../components/markdown.tsx'
import { QuickSwitcher } from '../components/quick-switcher.tsx'
import { isSwitcherShortcut } from '../components/shortcut.ts'
import { Sidebar } from '../components/sidebar.tsx'
import { useVisibleHeight } from '../components/use-visible-height.ts'
import { useConnection, useLive } from '../live/use-live.ts'
import { SignInForm } from './sign-in-form.tsx'

export function AppShell() {
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isSearching, setSearching] = useState(false)
  const path = useLocation({ select: (location) => location.pathname })
  useEffect(() => setDrawerOpen(false), [path])
  useEffect(preloadMarkdown, [])
  useVisibleHeight()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isSwitcherShortcut(event)) return
      event.preventDefault()
      setSearching((shown) => !shown)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
  const sidebar = (
    <Sidebar
      onSearch={() => {
        setDrawerOpen(false)
        setSearching(true)
      }}
      onLeave={() => setDrawerOpen(false)}
    />
  )
  return (
    <DrawerContext value={() => setDrawerOpen(true)}>
      <div className="flex h-[var(--visible-height,100dvh)] overflow-hidden">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        >
          Skip to the conversation
        </a>
        <aside className="hidden w-66 shrink-0 border-r border-line bg-side md:block">
          {sidebar}
        </aside>
        {isDrawerOpen ? (
          <Dialog label="Conversations" shape="drawer" onClose={() => setDrawerOpen(false)}>
            {sidebar}
          </Dialog>
        ) : null}
        <main
          id="main"
          tabIndex={-1}
          className="flex min-w-0 flex-1 flex-col focus-visible:outline-none"
        >
          <Outlet />
        </main>
      </div>
      {isSearching ? <QuickSwitcher onClose={() => setSearching(false)} /> : null}
      <SignInAgain />
    </DrawerContext>
  )
}

/** The session ended while the page was open: sign in where one is, and nothing is lost. */
function SignInAgain() {
  const live = useLive()
  const client = useQueryClient()
  const connection = useConnection()
  if (connection.kind !== 'signed_out') return null
  return (
    <Dialog label="Sign in again" onClose={() => undefined}>
      <div className="space-y-4 p-6">
        <div>
          <h2 className="text-xl font-semibold tracking-tight">Sign in again</h2>
          <p className="mt-1 text-sm text-muted">
            Your session has ended. What you have written is kept.
          </p>
        </div>
        <SignInForm
          api={live.api}
          email={live.me.email}
          onDone={async () => {
            const me = await live.api.me()
            if (me.id !== live.me.id) location.assign('/')
            live.reconnect()
            await client.invalidateQueries()
          }}
        />
      </div>
    </Dialog>
  )
}
