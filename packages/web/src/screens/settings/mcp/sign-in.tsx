import type { McpServer } from '@netra/client'
import { useQuery } from '@tanstack/react-query'

import { Button } from '../../../components/button.tsx'
import { Problem } from '../../../components/notice.tsx'
import { useAction } from '../../../components/use-action.ts'
import { dayOf } from '../moments.ts'
import { useMcpApi } from './use-mcp.ts'

interface SignInProps {
  server: McpServer
  onChanged: (server: McpServer) => void
}

/** Who the person is there; nothing where the server never asked. */
export function SignIn({ server, onChanged }: SignInProps) {
  const mcp = useMcpApi()
  const { id, name, signed_in } = server
  const isAsked = signed_in !== null || server.state === 'sign_in'
  const account = useQuery({
    queryKey: ['mcp-account', id, signed_in],
    queryFn: ({ signal }) => mcp.account(id, signal),
    enabled: isAsked,
    staleTime: 0,
  })
  const leave = useAction(async () => window.location.assign(await mcp.beginSignIn(id)))
  const signOut = useAction(async () => {
    await mcp.signOut(id)
    onChanged(await mcp.look(id))
  })
  if (!isAsked) return null
  const problem = leave.problem ?? signOut.problem
  const { scope, since, problem: ended } = account.data ?? {}
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-sunken px-3 py-2.5 text-sm">
        <p className="min-w-[min(100%,14rem)] flex-1 wrap-anywhere">
          {signed_in ? (
            <>
              You are signed in there{since ? ` since ${dayOf(since)}` : ''}.
              {scope ? <span className="text-muted"> It was granted: {scope}.</span> : null}
            </>
          ) : (
            <>
              It wants to know who asks.{ended ? ` ${ended}` : ''}{' '}
              <span className="text-muted">You sign in at its own page, and come back.</span>
            </>
          )}
        </p>
        {signed_in && !ended ? (
          <Button
            small
            kind="quiet"
            busy={signOut.isBusy}
            aria-label={`Sign out of ${name}`}
            onClick={() => void signOut.run()}
          >
            Sign out there
          </Button>
        ) : (
          <Button small kind="primary" busy={leave.isBusy} onClick={() => void leave.run()}>
            Sign in
          </Button>
        )}
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
    </div>
  )
}
