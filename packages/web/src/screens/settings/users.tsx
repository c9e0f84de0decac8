import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { INPUT } from '../../components/field.tsx'
import { countOf } from '../../timeline/format.ts'
import { CreateUser } from './create-user.tsx'
import { Pager } from './pager.tsx'
import { AdminOnly, Loaded, Section } from './section.tsx'
import { useUsersApi } from './use-users.ts'
import { UserRow } from './user-row.tsx'

const PAGE = 25
const PAUSE_MS = 250

export function Users() {
  return (
    <AdminOnly title="Users">
      <ManageUsers />
    </AdminOnly>
  )
}

/** What is typed, once typing has paused. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return paused
}

function ManageUsers() {
  const usersApi = useUsersApi()
  const client = useQueryClient()
  const [search, setSearch] = useState('')
  const [offset, setOffset] = useState(0)
  const q = usePaused(search.trim())
  const page = useQuery({
    queryKey: ['users', q, offset],
    queryFn: ({ signal }) =>
      usersApi.users({ ...(q !== '' && { q }), limit: PAGE, offset }, signal),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const changed = () => client.invalidateQueries({ queryKey: ['users'] })
  return (
    <>
      <CreateUser onCreated={changed} />
      <Section
        title="Users"
        text="Administrators see who is here and manage accounts. They cannot read other people’s chats or files."
      >
        <input
          type="search"
          aria-label="Find a user"
          placeholder="Find by name or email"
          autoComplete="off"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value)
            setOffset(0)
          }}
          className={INPUT}
        />
        <div className="mt-4">
          <Loaded query={page}>
            {({ users, total }) => (
              <>
                <p role="status" className="mb-1 text-sm text-muted">
                  {countOf(total, 'user')}
                  {q === '' ? '' : ` for “${q}”`}
                </p>
                {users.length > 0 ? (
                  <ul className="divide-y divide-line border-y border-line">
                    {users.map((user) => (
                      <UserRow key={user.id} user={user} onChanged={changed} />
                    ))}
                  </ul>
                ) : null}
                <Pager
                  from={offset}
                  count={users.length}
                  total={total}
                  onGo={(by) => setOffset(Math.max(0, offset + by * PAGE))}
                />
              </>
            )}
          </Loaded>
        </div>
      </Section>
    </>
  )
}
