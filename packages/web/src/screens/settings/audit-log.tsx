import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'

import { Button } from '../../components/button.tsx'
import { DownloadIcon } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText } from '../../live/api.ts'
import { AuditFilter, type AuditChoice } from './audit-filter.tsx'
import { AuditTable } from './audit-table.tsx'
import { AdminOnly, Loaded, Section } from './section.tsx'
import { useUsersApi } from './use-users.ts'

const PAGE = 50
/** As many people as are called by name; others by the start of their id. */
const NAMED = 200

export function AuditLog() {
  return (
    <AdminOnly title="Audit log">
      <Section
        title="Audit log"
        text="Who did what to accounts. Entries are only ever added; nobody can change or remove one, and no chat is in it."
      >
        <Log />
      </Section>
    </AdminOnly>
  )
}

/** One of the choices, as the page's address has it; null when it has none. */
function useChosen(name: string): string | null {
  const value = useLocation({
    select: ({ search }) => new Map(Object.entries(search)).get(name),
  })
  return typeof value === 'string' ? value : null
}

function Log() {
  const usersApi = useUsersApi()
  const navigate = useNavigate()
  const user = useChosen('user')
  const kind = useChosen('kind')
  const known = useQuery({
    queryKey: ['users', 'names'],
    queryFn: ({ signal }) => usersApi.users({ limit: NAMED, offset: 0 }, signal),
  })
  const names = new Map((known.data?.users ?? []).map(({ id, email }) => [id, email]))
  const log = useInfiniteQuery({
    queryKey: ['audit', user, kind],
    queryFn: ({ pageParam, signal }) =>
      usersApi.audit(
        { before: pageParam, limit: PAGE, user: user ?? undefined, kind: kind ?? undefined },
        signal,
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.before ?? undefined,
    staleTime: 0,
    gcTime: 0,
  })
  const show = (choice: AuditChoice) => {
    const search = {
      ...(choice.user !== null && { user: choice.user }),
      ...(choice.kind !== null && { kind: choice.kind }),
    }
    void navigate({ to: '/settings/audit-log', search })
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-end gap-3">
        <AuditFilter choice={{ user, kind }} names={names} onShow={show} />
        <Download format="csv" address={usersApi.auditExportAddress('csv')} />
        <Download format="jsonl" address={usersApi.auditExportAddress('jsonl')} />
      </div>
      <Loaded query={log}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries)
          return entries.length === 0 ? (
            <p className="text-muted">There are no entries.</p>
          ) : (
            <AuditTable entries={entries} names={names} onShow={(id) => show({ user: id, kind })} />
          )
        }}
      </Loaded>
      {log.isFetchNextPageError ? <Problem>{problemText(log.error)}</Problem> : null}
      {log.hasNextPage ? (
        <Button
          className="mt-4"
          busy={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        >
          Show older entries
        </Button>
      ) : null}
    </>
  )
}

function Download({ format, address }: { format: 'csv' | 'jsonl'; address: string }) {
  return (
    <a
      href={address}
      download
      className="touch inline-flex h-10 items-center gap-2 rounded-md border border-line bg-raised px-3 text-sm font-medium transition-colors hover:bg-hover"
    >
      <DownloadIcon size={16} />
      {format === 'csv' ? 'CSV' : 'JSON Lines'}
      <span className="sr-only"> of the whole log</span>
    </a>
  )
}
