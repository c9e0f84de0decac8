import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  createRootRoute,
  createRoute,
  createRouter,
  type RouterHistory,
  lazyRouteComponent,
  Navigate,
  Outlet,
  useLocation,
} from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'

import { readAddresses } from './live/addresses.ts'
import { createApi, isSignedOut, problemText, type ServerConfig, type User } from './live/api.ts'
import type { Live } from './live/live-types.ts'
import { createLive } from './live/live.ts'
import { isAway, retryAfterMs } from './live/retry-after.ts'
import { LiveContext } from './live/use-live.ts'
import { AppShell } from './screens/app-shell.tsx'
import { ChatScreen } from './screens/chat-screen.tsx'
import { Broken, Opening, PlainPage, Unreachable } from './screens/plain-pages.tsx'
import { useLasting } from './use-lasting.ts'

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

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./screens/entrance/sign-in.tsx'), 'SignInScreen'),
})
const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  component: lazyRouteComponent(() => import('./screens/entrance/register.tsx'), 'RegisterScreen'),
})
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./screens/entrance/setup.tsx'), 'SetupScreen'),
})
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyRouteComponent(
    () => import('./screens/entrance/forgot-password.tsx'),
    'ForgotPasswordScreen',
  ),
})
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  component: lazyRouteComponent(
    () => import('./screens/entrance/reset-password.tsx'),
    'ResetPasswordScreen',
  ),
})
const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  component: lazyRouteComponent(
    () => import('./screens/entrance/verify-email.tsx'),
    'VerifyEmailScreen',
  ),
})
const app = createRoute({ getParentRoute: () => root, id: 'app', component: SignedIn })
const home = createRoute({ getParentRoute: () => app, path: '/', component: ChatScreen })
const thread = createRoute({
  getParentRoute: () => app,
  path: '/t/$threadId',
  component: ChatScreen,
})
const report = createRoute({
  getParentRoute: () => app,
  path: '/reports/$fileId',
  component: lazyRouteComponent(() => import('./screens/report/report-page.tsx'), 'ReportPage'),
})
const waiting = createRoute({
  getParentRoute: () => app,
  path: '/waiting',
  component: lazyRouteComponent(
    () => import('./screens/waiting/waiting-screen.tsx'),
    'WaitingScreen',
  ),
})
const plans = createRoute({
  getParentRoute: () => app,
  path: '/plans',
  component: lazyRouteComponent(() => import('./screens/plans/plans-screen.tsx'), 'PlansScreen'),
})
const settingsRoute = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(
    () => import('./screens/settings/settings-screen.tsx'),
    'SettingsScreen',
  ),
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
const memory = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/memory',
  component: lazyRouteComponent(() => import('./screens/settings/memory.tsx'), 'MemorySettings'),
})
const applicationCalls = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/application-calls',
  component: lazyRouteComponent(
    () => import('./screens/settings/calls/application-calls.tsx'),
    'ApplicationCalls',
  ),
})
const mcp = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/mcp',
  component: lazyRouteComponent(
    () => import('./screens/settings/mcp/mcp-servers.tsx'),
    'McpSettings',
  ),
})
const spending = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/spending',
  component: lazyRouteComponent(
    () => import('./screens/settings/spending/spending.tsx'),
    'SpendingPage',
  ),
})
const allSpending = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/all-spending',
  component: lazyRouteComponent(
    () => import('./screens/settings/spending/all-spending.tsx'),
    'AllSpendingPage',
  ),
})
const agents = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/agents',
  component: lazyRouteComponent(
    () => import('./screens/settings/agents/agents.tsx'),
    'AgentSettings',
  ),
})
const invitations = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/invitations',
  component: lazyRouteComponent(() => import('./screens/settings/invitations.tsx'), 'Invitations'),
})
const security = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/security',
  component: lazyRouteComponent(() => import('./screens/settings/security.tsx'), 'Security'),
})
const apiKeys = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./screens/settings/api-keys.tsx'), 'ApiKeys'),
})
const users = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/users',
  component: lazyRouteComponent(() => import('./screens/settings/users.tsx'), 'Users'),
})
const registration = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/registration',
  component: lazyRouteComponent(
    () => import('./screens/settings/registration.tsx'),
    'RegistrationSettings',
  ),
})
const retention = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/retention',
  component: lazyRouteComponent(
    () => import('./screens/settings/retention.tsx'),
    'RetentionSettings',
  ),
})
const dashboard = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/dashboard',
  component: lazyRouteComponent(
    () => import('./screens/settings/dashboard/dashboard.tsx'),
    'DashboardPage',
  ),
})
const auditLog = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/audit-log',
  component: lazyRouteComponent(() => import('./screens/settings/audit-log.tsx'), 'AuditLog'),
})

export const routeTree = root.addChildren([
  signIn,
  register,
  setup,
  forgotPassword,
  resetPassword,
  verifyEmail,
  app.addChildren([
    home,
    thread,
    report,
    waiting,
    plans,
    settingsRoute.addChildren([
      settingsHome,
      account,
      security,
      apiKeys,
      models,
      memory,
      mcp,
      spending,
      applicationCalls,
      dashboard,
      allSpending,
      agents,
      users,
      invitations,
      registration,
      retention,
      auditLog,
    ]),
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

/** A server that is away is asked again by itself. */
const whileAway = ({ state }: { state: { error: unknown } }): number | false =>
  isAway(state.error) ? retryAfterMs(state.error) : false

/** Knows who is there, and gives the screens their connection. */
function SignedIn() {
  const path = useLocation({ select: (location) => location.pathname })
  const client = useQueryClient()
  const known = client.getQueryData<Live>(['live'])
  const me = useQuery({
    queryKey: ['me'],
    queryFn: () => api.me(),
    staleTime: Infinity,
    refetchInterval: whileAway,
  })
  const config = useQuery({
    queryKey: ['config'],
    queryFn: () => api.config(),
    refetchInterval: whileAway,
  })
  const isKnown = me.data !== undefined && config.data !== undefined
  const problem = useLasting(isSignedOut(me.error) ? null : (me.error ?? config.error), isKnown)
  if (known) return <WithLive live={known} />
  if (isSignedOut(me.error)) {
    // Until the sign-in page has loaded, this one stands at its address: what is next stands there.
    if (path === '/sign-in') return <Opening />
    return <Navigate to="/sign-in" search={path === '/' ? {} : { next: path }} replace />
  }
  if (problem) {
    return (
      <Unreachable
        text={problemText(problem)}
        isBusy={me.isFetching || config.isFetching}
        onRetry={() => void Promise.all([me.refetch(), config.refetch()])}
      />
    )
  }
  const failed = me.failureReason ?? config.failureReason
  if (!me.data || !config.data) return <Opening problem={failed} />
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
  // A new name is for this page; the connection stays.
  const named = useMemo(() => live && { ...live, me }, [live, me])
  return named ? <WithLive live={named} /> : <Opening />
}

function WithLive({ live }: { live: Live }) {
  return (
    <LiveContext value={live}>
      <AppShell />
    </LiveContext>
  )
}
