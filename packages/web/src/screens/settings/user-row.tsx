import type { ListedUser } from '@netra/client'
import { useState } from 'react'

import { ShownOnce } from '../../components/shown-once.tsx'
import { useLive } from '../../live/use-live.ts'
import { countOf } from '../../timeline/format.ts'
import { useNow } from '../../use-now.ts'
import { ago, dayOf } from './moments.ts'
import { Badge } from './section.tsx'
import { useSendsEmail } from './use-account.ts'
import { UserActions } from './user-actions.tsx'

interface UserRowProps {
  user: ListedUser
  onChanged: () => Promise<void>
}

export function UserRow({ user, onChanged }: UserRowProps) {
  const { me } = useLive()
  const now = useNow(60_000)
  const sendsEmail = useSendsEmail()
  const [link, setLink] = useState<{ url: string; what: string } | null>(null)
  const isMe = user.id === me.id
  const facts = [
    user.last_seen_at ? `seen ${ago(user.last_seen_at, now)}` : 'never seen',
    user.sessions > 0 ? countOf(user.sessions, 'session') : 'not signed in',
    `since ${dayOf(user.created_at)}`,
  ]
  return (
    <li className="py-3" aria-label={user.email}>
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span
              className={`min-w-0 font-medium wrap-anywhere ${user.disabled ? 'text-muted line-through' : ''}`}
            >
              {user.name || user.email}
            </span>
            {isMe ? <Badge>you</Badge> : null}
            {user.role === 'admin' ? <Badge>administrator</Badge> : null}
            {user.disabled ? <Badge tone="warn">disabled</Badge> : null}
            {user.two_factor ? <Badge>two-factor</Badge> : null}
            {sendsEmail && !user.email_verified ? <Badge>email not confirmed</Badge> : null}
            {user.is_test_user ? <Badge>test user</Badge> : null}
          </p>
          {user.name === '' ? null : (
            <p className="text-sm text-soft wrap-anywhere">{user.email}</p>
          )}
          <p className="text-sm text-muted">{facts.join(' · ')}</p>
        </div>
        {isMe ? null : <UserActions user={user} onChanged={onChanged} onLink={setLink} />}
      </div>
      {link ? (
        <div className="mt-3">
          <ShownOnce what="link" secret={link.url} hint={link.what} />
        </div>
      ) : null}
    </li>
  )
}
