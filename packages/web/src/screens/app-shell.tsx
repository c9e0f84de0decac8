import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'

import { Dialog } from '../components/dialog.tsx'
import { DrawerContext } from '../components/drawer-button.tsx'
import { preloadMarkdown } from '../components/markdown.tsx'
import { QuickSwitcher } from '../components/quick-switcher.tsx'
import { isSwitcherShortcut } from '../components/shortcut.ts'
import { Sidebar } from '../components/sidebar.tsx'
import { SpecialBanner } from '../components/special-banner.tsx'
import { useVisibleHeight } from '../components/use-visible-height.ts'
import { useConnection, useLive } from '../live/use-live.ts'

const loadSignInAgain = () => import('./sign-in-again.tsx')
const SignInAgain = lazy(async () => ({ default: (await loadSignInAgain()).SignInAgain }))

const CONFIG_EVERY_MS = 30_000

export function AppShell() {
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const [isSearching, setSearching] = useState(false)
  const path = useLocation({ select: (location) => location.pathname })
  useEffect(() => setDrawerOpen(false), [path])
  useEffect(preloadMarkdown, [])
  // It must be there when the session ends, also after an update of the server.
  useEffect(() => void loadSignInAgain().catch(() => undefined), [])
  const connection = useConnection().kind
  const isSignedOut = connection === 'signed_out'
  const { api, me } = useLive()
  // What is possible may change while the page is open; it is told without a reload.
  const config = useQuery({
    queryKey: ['config'],
    queryFn: () => api.config(),
    refetchInterval: connection === 'connected' ? CONFIG_EVERY_MS : false,
    refetchIntervalInBackground: false,
    retry: false,
  })
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
      {/* Clipped and not hidden: what is hidden can still be scrolled, by a link to a row of a page. */}
      <div className="flex h-[var(--visible-height,100dvh)] overflow-clip print:block print:h-auto print:overflow-visible">
        <a
          href="#main"
          className="sr-only z-50 rounded-md bg-raised px-3 py-2 focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
        >
          Skip to the conversation
        </a>
        <aside className="hidden w-66 shrink-0 border-r border-line bg-side md:block print:hidden">
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
          <SpecialBanner config={config.data} me={me} />
          <Outlet />
        </main>
      </div>
      {isSearching ? <QuickSwitcher onClose={() => setSearching(false)} /> : null}
      {isSignedOut ? (
        <Suspense>
          <SignInAgain />
        </Suspense>
      ) : null}
    </DrawerContext>
  )
}
