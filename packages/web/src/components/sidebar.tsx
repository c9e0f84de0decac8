import type { ListedThread } from '@netra/protocol'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'

import { problemText } from '../live/api.ts'
import { useLive, useUser } from '../live/use-live.ts'
import { groupByDay } from '../timeline/thread-groups.ts'
import { IconButton } from './button.tsx'
import {
  ComposeIcon,
  GearIcon,
  InboxIcon,
  MoreIcon,
  PlanIcon,
  SearchIcon,
  Wordmark,
} from './icons.tsx'
import { Menu } from './menu.tsx'
import { Problem } from './notice.tsx'
import { RenameThread } from './rename-thread.tsx'
import { SHORTCUT } from './shortcut.ts'
import { ThemeMenu } from './theme-menu.tsx'
import { deleteItem, DeleteThread, renameItem, useExportItems } from './thread-actions.tsx'

interface SidebarProps {
  onSearch: () => void
  /** The person went somewhere: a drawer closes. */
  onLeave: () => void
}

const ROW =
  'flex h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors hover:bg-hover'

export function Sidebar({ onSearch, onLeave }: SidebarProps) {
  const { me } = useLive()
  return (
    <div className="flex h-full flex-col pb-[env(safe-area-inset-bottom)]">
      <div className="flex h-14 items-center justify-between pr-2 pl-4">
        <Link
          to="/"
          aria-label="Netra, new conversation"
          onClick={onLeave}
          className="inline-flex rounded-sm"
        >
          <Wordmark />
        </Link>
        <Link
          to="/"
          onClick={onLeave}
          aria-label="New conversation"
          title="New conversation"
          className="touch inline-flex size-9 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink"
        >
          <ComposeIcon />
        </Link>
      </div>
      <div className="px-2 pb-2">
        <button type="button" onClick={onSearch} className={`${ROW} text-muted`}>
          <SearchIcon size={16} />
          <span className="flex-1 text-left">Search</span>
          <kbd className="font-sans text-xs pointer-coarse:hidden">{SHORTCUT}</kbd>
        </button>
        <WaitingLink onLeave={onLeave} />
        <Link
          to="/plans"
          onClick={onLeave}
          className={`${ROW} text-muted`}
          activeProps={{ className: 'bg-hover' }}
        >
          <PlanIcon size={16} />
          Plans
        </Link>
      </div>
      <nav
        aria-label="Conversations"
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pb-4"
      >
        <Threads onLeave={onLeave} />
      </nav>
      <div className="flex items-center gap-1 border-t border-line p-2">
        <Link
          to="/settings/account"
          onClick={onLeave}
          className={`${ROW} min-w-0 flex-1`}
          activeProps={{ className: 'bg-hover' }}
        >
          <span
            aria-hidden="true"
            className="inline-flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-wash text-xs font-semibold text-accent"
          >
            {(me.name || me.email).slice(0, 1).toUpperCase()}
          </span>
          <span className="min-w-0 flex-1 truncate text-left">{me.name || me.email}</span>
          <GearIcon size={16} className="text-muted" />
          <span className="sr-only">Settings</span>
        </Link>
        <ThemeMenu />
      </div>
    </div>
  )
}

/** How much waits for the person, on every page and device at once. */
function WaitingLink({ onLeave }: { onLeave: () => void }) {
  const count = useUser().state.approvals.length
  return (
    <Link
      to="/waiting"
      onClick={onLeave}
      className={`${ROW} ${count > 0 ? 'font-medium text-ink' : 'text-muted'}`}
      activeProps={{ className: 'bg-hover' }}
    >
      <InboxIcon size={16} />
      <span className="flex-1 text-left">Waiting for you</span>
      {count > 0 ? (
        <span className="figures rounded-full bg-accent px-1.5 text-2xs font-semibold text-on-accent">
          {count}
          <span className="sr-only"> {count === 1 ? 'question' : 'questions'}</span>
        </span>
      ) : null}
    </Link>
  )
}

type Listed = Pick<ListedThread, 'title' | 'updated_at'> & { id: string }

function Threads({ onLeave }: { onLeave: () => void }) {
  const user = useUser()
  const { api } = useLive()
  const [wantsOlder, setWantsOlder] = useState(false)
  const older = useQuery({
    queryKey: ['older-threads'],
    queryFn: () => api.threads({ limit: 200 }),
    enabled: wantsOlder,
  })
  const listed = new Set<string>(user.state.threads.map((thread) => thread.id))
  const threads: Listed[] = [
    ...user.state.threads.filter((thread) => !thread.archived),
    ...(older.data ?? []).filter((thread) => !listed.has(thread.id)),
  ]
  const running = new Set<string>(user.state.open_runs.map((run) => run.thread_id))
  if (user.phase === 'loading') return <Skeleton />
  if (threads.length === 0) {
    return <p className="px-2.5 py-2 text-sm text-muted">Your conversations will be listed here.</p>
  }
  return (
    <>
      {groupByDay(threads, Date.now()).map((group) => (
        <section key={group.label} aria-label={group.label}>
          <h2 className="px-2.5 pt-4 pb-1 text-xs font-medium text-muted">{group.label}</h2>
          <ul>
            {group.threads.map((thread) => (
              <ThreadRow
                key={thread.id}
                id={thread.id}
                title={thread.title}
                isRunning={running.has(thread.id)}
                onLeave={onLeave}
              />
            ))}
          </ul>
        </section>
      ))}
      {user.state.more_threads && !older.data ? (
        <button
          type="button"
          className={`${ROW} mt-2 text-muted`}
          onClick={() => setWantsOlder(true)}
        >
          {older.isFetching ? 'Loading' : 'Older conversations'}
        </button>
      ) : null}
      {older.error ? (
        <p className="px-2.5 text-sm text-danger">{problemText(older.error)}</p>
      ) : null}
    </>
  )
}

function Skeleton() {
  return (
    <div aria-label="Loading conversations" className="breathing space-y-3 px-2.5 pt-5">
      {['w-4/5', 'w-3/5', 'w-2/3', 'w-1/2'].map((width) => (
        <div key={width} className={`h-3 rounded-sm bg-line ${width}`} />
      ))}
    </div>
  )
}

interface ThreadRowProps {
  id: string
  title: string
  isRunning: boolean
  onLeave: () => void
}

function ThreadRow({ id, title, isRunning, onLeave }: ThreadRowProps) {
  const [state, setState] = useState<'shown' | 'renamed' | 'deleted'>('shown')
  const { threadId } = useParams({ strict: false })
  const isCurrent = threadId === id
  const name = title || 'New conversation'
  const exporting = useExportItems(id, name)
  if (state === 'renamed')
    return (
      <li>
        <RenameThread
          id={id}
          title={title}
          onClose={() => setState('shown')}
          className="h-9 w-full rounded-md border border-accent bg-raised px-2 text-sm focus-visible:outline-none"
        />
      </li>
    )
  return (
    <li
      className={`group/row relative flex flex-wrap items-center rounded-md hover:bg-hover ${isCurrent ? 'bg-hover' : ''}`}
    >
      <Link
        to="/t/$threadId"
        params={{ threadId: id }}
        onClick={onLeave}
        title={name}
        className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md pr-2 pl-2.5 text-sm aria-[current=page]:font-medium"
      >
        <span className="min-w-0 flex-1 truncate">{name}</span>
        {isRunning ? (
          <span
            role="img"
            aria-label="An answer is running"
            className="breathing size-1.5 shrink-0 rounded-full bg-accent"
          />
        ) : null}
      </Link>
      <div className="absolute right-1 opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100 has-aria-expanded:opacity-100 pointer-coarse:static pointer-coarse:opacity-100">
        <Menu
          label={`Actions for ${name}`}
          align="end"
          items={[
            renameItem(() => setState('renamed')),
            ...exporting.items,
            deleteItem(() => setState('deleted')),
          ]}
          button={(attributes) => (
            <IconButton
              small
              label={`Actions for ${name}`}
              {...attributes}
              className="pointer-fine:bg-hover"
            >
              <MoreIcon size={16} />
            </IconButton>
          )}
        />
      </div>
      {state === 'deleted' ? (
        <DeleteThread id={id} title={name} onClose={() => setState('shown')} />
      ) : null}
      {exporting.problem === null ? null : (
        <div className="basis-full">
          <Problem>{exporting.problem}</Problem>
        </div>
      )}
    </li>
  )
}
