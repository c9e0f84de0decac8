import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  type RouterHistory,
  lazyRouteComponent,
  Navigate,
  Outlet,
  useLocation,
} from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'

import { Button } from './components/button.tsx'
import { Mark } from './components/icons.tsx'
import { readAddresses } from './live/addresses.ts'
import { createApi, isSignedOut, problemText, type ServerConfig, type User } from './live/api.ts'
import type { Live } from './live/live-types.ts'
import { createLive } from './live/live.ts'
import { LiveContext } from './live/use-live.ts'
import { AppShell } from './screens/app-shell.tsx'
import { ChatScreen } from './screens/chat-screen.tsx'

const api = createApi()

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => (
    <PlainPage title="There is nothing at this address">
      <a href={`${readAddresses().base}/`} className="text-accent underline underline-offset-3">
        Go to your conversations
      </a>
    </PlainPage>
  ),
})

const entrance = () => import('./screens/entrance.tsx')
const settings = () => import('./screens/settings/settings-screen.tsx')

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(entrance, 'SignInScreen'),
})
const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  component: lazyRouteComponent(entrance, 'RegisterScreen'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(entrance, 'SetupScreen'),
})
const app = createRoute({ getParentRoute: () => root, id: 'app', component: SignedIn })
const home = createRoute({ getParentRoute: () => app, path: '/', component: ChatScreen })
const thread = createRoute({
  getParentRoute: () => app,
  path: '/t/$threadId',
  component: ChatScreen,
})
const settingsRoute = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(settings, 'SettingsScreen'),
})
const settingsHome = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/',
  component: () => <Navigate to="/settings/account" replace />,
})
const account = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('./screens/settings/account.tsx'), 'Account'),
})
const models = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/models',
  component: lazyRouteComponent(() => import('./screens/settings/models.tsx'), 'ModelSettings'),
})
const invitations = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/invitations',
  component: lazyRouteComponent(() => import('./screens/settings/invitations.tsx'), 'Invitations'),
})

export const routeTree = root.addChildren([
  signIn,
  register,
  setup,
  app.addChildren([
    home,
    thread,
    settingsRoute.addChildren([settingsHome, account, models, invitations]),
  ]),
])

/** `history`: another one than the address bar. */
export const createAppRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree,
    basepath: readAddresses().base || '/',
    defaultErrorComponent: Broken,
    ...(history && { history }),
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}

/** Knows who is there, and gives the screens their connection. */
function SignedIn() {
  const path = useLocation({ select: (location) => location.pathname })
  const client = useQueryClient()
  const known = client.getQueryData<Live>(['live'])
  const me = useQuery({ queryKey: ['me'], queryFn: () => api.me(), staleTime: Infinity })
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config() })
  if (known) return <WithLive live={known} />
  if (isSignedOut(me.error)) {
    // Until the sign-in page has loaded, this one stands at its address: what is next stands there.
    if (path === '/sign-in') return <Opening />
    return <Navigate to="/sign-in" search={path === '/' ? {} : { next: path }} replace />
  }
  const problem = me.error ?? config.error
  if (problem) {
    return (
      <Unreachable
        text={problemText(problem)}
        isBusy={me.isFetching || config.isFetching}
        onRetry={() => void Promise.all([me.refetch(), config.refetch()])}
      />
    )
  }
  if (!me.data || !config.data) return <Opening />
  return <Connected key={me.data.id} me={me.data} config={config.data} />
}

function Connected({ me, config }: { me: User; config: ServerConfig }) {
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    const made = createLive({ api, me, config })
    setLive(made)
    return () => made.close()
    // A changed configuration is for the next page: the connection stays.
  }, [me.id])
  return live ? <WithLive live={live} /> : <Opening />
}

function WithLive({ live }: { live: Live }) {
  return (
    <LiveContext value={live}>
      <AppShell />
    </LiveContext>
  )
}

/** A part of the page did not come, as after an update of the server, or it failed. */
function Broken({ error }: ErrorComponentProps) {
  return (
    <PlainPage title="This page cannot be shown">
      <p>Load it again: what was said and what you have written is kept.</p>
      <p className="mt-2 text-sm text-muted wrap-anywhere">{problemText(error)}</p>
      <Button kind="primary" className="mt-5" onClick={() => location.reload()}>
        Load the page again
      </Button>
    </PlainPage>
  )
}

function Opening() {
  return (
    <div className="grid h-dvh place-items-center" aria-label="Opening Netra" aria-busy="true">
      <div className="breathing">
        <Mark size={32} />
      </div>
    </div>
  )
}

interface UnreachableProps {
  text: string
  isBusy: boolean
  onRetry: () => void
}

function Unreachable({ text, isBusy, onRetry }: UnreachableProps) {
  return (
    <PlainPage title="Netra cannot be opened now">
      <p>{text}</p>
      <Button kind="primary" className="mt-5" busy={isBusy} onClick={onRetry}>
        Try again
      </Button>
    </PlainPage>
  )
}

function PlainPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid h-dvh place-items-center px-6">
      <div className="w-full max-w-md">
        <Mark size={32} />
        <h1 className="mt-4 text-xl font-semibold tracking-tight">{title}</h1>
        <div className="mt-2 text-soft">{children}</div>
      </div>
    </main>
  )
}
