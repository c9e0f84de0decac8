import { EntranceApi } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'

import { Unavailable } from '../../components/form.tsx'
import { CheckIcon, Mark } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { SpecialBanner } from '../../components/special-banner.tsx'
import { ApiError, createApi, problemText } from '../../live/api.ts'
import { retryAfterMs } from '../../live/retry-after.ts'
import { useLasting } from '../../use-lasting.ts'

export const api = createApi()
export const entrance = new EntranceApi(api.requests)

/** A secret from the part of the address that no server sees; it leaves the address at once. */
export function useHashSecret(name: string): string | null {
  const [secret] = useState(() => new URLSearchParams(location.hash.slice(1)).get(name))
  useEffect(() => {
    if (secret !== null) history.replaceState(history.state, '', location.pathname)
  }, [secret])
  return secret
}

/** A path of this app where the person wanted to be; never another site's. */
export function nextPath(): string {
  const next = new URLSearchParams(location.search).get('next') ?? '/'
  return next.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/'
}

/** What follows once somebody is signed in. */
export function useEnter(): () => Promise<void> {
  const navigate = useNavigate()
  const client = useQueryClient()
  return async () => {
    // What is still known may be somebody else's, who was signed in here before.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'config' })
    await client.fetchQuery({ queryKey: ['me'], queryFn: () => api.me(), staleTime: 0 })
    await navigate({ to: nextPath() })
  }
}

/** What somebody who is not signed in may do here; asked again by itself until it is known. */
export function useConfig() {
  return useQuery({
    queryKey: ['config'],
    queryFn: () => api.config(),
    retry: false,
    refetchInterval: ({ state }) => (state.error ? retryAfterMs(state.error) : false),
  })
}

interface EntrancePageProps {
  title: string
  text?: ReactNode
  children: ReactNode
}

/**
 * A page for somebody who is not signed in. It appears as a whole, once it is known what is offered
 * here, or that this cannot be known now: nothing jumps.
 */
export function EntrancePage({ title, text, children }: EntrancePageProps) {
  const config = useConfig()
  const problem = useLasting(config.error, config.data !== undefined)
  const isReady = config.data !== undefined || problem !== null
  return (
    <div className="flex min-h-dvh flex-col">
      <title>{`${title} · Netra`}</title>
      <SpecialBanner config={config.data} />
      <main aria-busy={!isReady} className="grid flex-1 place-items-center px-5 py-10">
        {isReady ? (
          <div className="appear w-full max-w-88">
            <Mark size={36} />
            <h1 className="mt-5 text-2xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
            {text ? <p className="mt-2 text-soft wrap-anywhere">{text}</p> : null}
            {problem ? (
              <div className="mt-5">
                <ConfigProblem
                  error={problem}
                  at={config.errorUpdatedAt}
                  onTry={() => void config.refetch()}
                />
              </div>
            ) : null}
            <div className="mt-7">{children}</div>
          </div>
        ) : null}
      </main>
    </div>
  )
}

function ConfigProblem({ error, at, onTry }: { error: Error; at: number; onTry: () => void }) {
  const isUnavailable = error instanceof ApiError && error.status === 503
  if (isUnavailable) return <Unavailable until={at + retryAfterMs(error)} onTry={onTry} />
  return <Problem>{problemText(error)}</Problem>
}

export const LINK =
  'text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-current'

export function ToSignIn({ children = 'Sign in' }: { children?: ReactNode }) {
  return (
    <Link to="/sign-in" className={LINK}>
      {children}
    </Link>
  )
}

/** Something worth knowing that is no problem. */
export function Note({ children }: { children: ReactNode }) {
  return (
    <div className="rounded-md bg-accent-wash px-3 py-2.5 text-sm wrap-anywhere">{children}</div>
  )
}

/** Something that went well; told to those who do not see it, too. */
export function Done({ children }: { children: ReactNode }) {
  return (
    <div
      role="status"
      className="appear flex items-start gap-2.5 rounded-md bg-accent-wash px-3 py-2.5 text-sm"
    >
      <CheckIcon size={16} className="mt-0.5 text-good" />
      <p className="min-w-0 flex-1 wrap-anywhere">{children}</p>
    </div>
  )
}
