import { Link, Outlet, useLocation, type LinkProps } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

import { DrawerButton } from '../../components/drawer-button.tsx'
import { useLive } from '../../live/use-live.ts'

interface Page {
  to: LinkProps['to']
  name: string
}

const OWN: readonly Page[] = [
  { to: '/settings/account', name: 'Account' },
  { to: '/settings/security', name: 'Security' },
  { to: '/settings/api-keys', name: 'API keys' },
  { to: '/settings/models', name: 'Models' },
  { to: '/settings/memory', name: 'Memory' },
  { to: '/settings/mcp', name: 'MCP servers' },
  { to: '/settings/spending', name: 'Spending' },
  { to: '/settings/application-calls', name: 'Application calls' },
]

const ADMINISTRATION: readonly Page[] = [
  { to: '/settings/dashboard', name: 'Dashboard' },
  { to: '/settings/all-spending', name: 'Spend and budgets' },
  { to: '/settings/agents', name: 'Agents' },
  { to: '/settings/users', name: 'Users' },
  { to: '/settings/invitations', name: 'Invitations' },
  { to: '/settings/registration', name: 'Registration' },
  { to: '/settings/retention', name: 'Retention' },
  { to: '/settings/audit-log', name: 'Audit log' },
]

/** A row of tabs where it is narrow, a list at the side where there is room. */
const ENTRY =
  'touch inline-flex h-10 shrink-0 items-center border-b-2 border-transparent px-1 text-sm whitespace-nowrap text-muted transition-colors hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink lg:flex lg:h-9 lg:rounded-md lg:border-b-0 lg:px-2.5 lg:hover:bg-hover lg:aria-[current=page]:bg-hover'

export function SettingsScreen() {
  const { me } = useLive()
  const nav = useRef<HTMLElement>(null)
  const path = useLocation({ select: (location) => location.pathname })
  const name = [...OWN, ...ADMINISTRATION].find((page) => page.to === path)?.name
  useEffect(() => {
    const chosen = nav.current?.querySelector('[aria-current=page]')
    chosen?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [path])
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2 md:pl-6">
        <title>{name ? `${name} · Settings · Netra` : 'Settings · Netra'}</title>
        <DrawerButton />
        <h1 className="text-sm font-medium text-soft">Settings</h1>
      </header>
      <div className="relative min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-3xl px-4 pb-16 sm:px-6 lg:flex lg:max-w-5xl lg:gap-10">
          <nav
            ref={nav}
            aria-label="Settings"
            className="-mx-4 flex gap-4 overflow-x-auto border-b border-line px-4 [scrollbar-width:none] sm:mx-0 sm:px-0 lg:sticky lg:top-0 lg:block lg:w-40 lg:shrink-0 lg:self-start lg:border-b-0 lg:pt-6"
          >
            <Entries pages={OWN} />
            {me.role === 'admin' ? (
              <>
                <span aria-hidden="true" className="my-3 w-px shrink-0 bg-line lg:hidden" />
                <h2 className="sr-only lg:not-sr-only lg:mt-5 lg:block lg:px-2.5 lg:pb-1 lg:text-xs lg:font-medium lg:text-muted">
                  Administration
                </h2>
                <Entries pages={ADMINISTRATION} />
              </>
            ) : null}
          </nav>
          <div className="min-w-0 flex-1">
            <Outlet />
          </div>
        </div>
      </div>
    </div>
  )
}

const Entries = ({ pages }: { pages: readonly Page[] }) =>
  pages.map(({ to, name }) => (
    <Link key={to} to={to} className={ENTRY}>
      {name}
    </Link>
  ))
