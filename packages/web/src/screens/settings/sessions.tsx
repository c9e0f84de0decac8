import type { LoginSession } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'

import { Button } from '../../components/button.tsx'
import { DeviceIcon, PhoneIcon } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNow } from '../../use-now.ts'
import { ago, momentOf } from './moments.ts'
import { Badge, Loaded, Section } from './section.tsx'
import { useAccountApi } from './use-account.ts'

/** Where the person is signed in, with a way to end each. */
export function Sessions() {
  const accountApi = useAccountApi()
  const client = useQueryClient()
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => accountApi.sessions(signal),
    staleTime: 0,
  })
  const others = (sessions.data ?? []).filter((session) => !session.current)
  const changed = () => client.invalidateQueries({ queryKey: ['sessions'] })
  const endAll = useAction(async () => {
    const ends = await Promise.allSettled(others.map(({ id }) => accountApi.endSession(id)))
    await changed()
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
  })
  return (
    <Section
      title="Sessions and devices"
      text="Every browser and program in which you are signed in. Signing out ends it there at once."
    >
      <Loaded query={sessions}>
        {(list) => (
          <ul className="divide-y divide-line border-y border-line">
            {list.toSorted(currentFirst).map((session) => (
              <Session key={session.id} session={session} onEnded={changed} />
            ))}
          </ul>
        )}
      </Loaded>
      {others.length > 0 ? (
        <div className="mt-4 space-y-3">
          <Button busy={endAll.isBusy} onClick={() => void endAll.run()}>
            Sign out everywhere else
          </Button>
          {endAll.problem ? <Problem>{endAll.problem}</Problem> : null}
        </div>
      ) : null}
    </Section>
  )
}

const usedAt = (session: LoginSession): string => session.last_used_at ?? session.created_at

const currentFirst = (a: LoginSession, b: LoginSession): number =>
  Number(b.current) - Number(a.current) || usedAt(b).localeCompare(usedAt(a))

const isPhone = (session: LoginSession): boolean =>
  /iphone|ipad|android|mobile/i.test(`${session.device ?? ''} ${session.user_agent ?? ''}`)

interface SessionProps {
  session: LoginSession
  onEnded: () => Promise<void>
}

function Session({ session, onEnded }: SessionProps) {
  const accountApi = useAccountApi()
  const now = useNow(30_000)
  const end = useAction(async () => {
    await accountApi.endSession(session.id)
    await onEnded()
  })
  const device = session.device || session.user_agent || 'Unknown device'
  const Icon = isPhone(session) ? PhoneIcon : DeviceIcon
  const facts = [
    session.current ? null : `last used ${ago(usedAt(session), now)}`,
    session.address,
    `signed in ${momentOf(session.created_at)}`,
  ]
  return (
    <li className="space-y-2 py-3">
      <div className="flex items-center gap-3">
        <Icon className="text-muted" />
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span
              className="line-clamp-2 min-w-0 wrap-anywhere"
              title={session.user_agent ?? undefined}
            >
              {device}
            </span>
            {session.current ? <Badge>this device</Badge> : null}
          </p>
          <p className="text-sm text-muted wrap-anywhere">{facts.filter(Boolean).join(' · ')}</p>
        </div>
        {session.current ? null : (
          <Button
            small
            kind="quiet"
            aria-label={`Sign out ${device}`}
            busy={end.isBusy}
            onClick={() => void end.run()}
          >
            Sign out
          </Button>
        )}
      </div>
      {end.problem ? <Problem>{end.problem}</Problem> : null}
    </li>
  )
}
