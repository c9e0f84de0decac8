import type { Account } from '@netra/client'
import { useQuery, useQueryClient } from '@tanstack/react-query'

import { Button } from '../../components/button.tsx'
import { Problem } from '../../components/notice.tsx'
import { useAction } from '../../components/use-action.ts'
import { useLive } from '../../live/use-live.ts'
import { wordsForError } from '../entrance/sign-in-errors.ts'
import { useTold } from '../use-told.ts'
import { dayOf } from './moments.ts'
import { Section } from './section.tsx'
import { useAccountApi } from './use-account.ts'

interface Row {
  id: string
  name: string
  linkedAt: string | null
  isLinked: boolean
  /** Whether one can sign in through it here now. */
  isOffered: boolean
}

/** The providers through which the person signs in, and those through which they could. */
export function LinkedProviders({ account }: { account: Account }) {
  const { api } = useLive()
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config() })
  const offered = config.data?.auth.providers ?? []
  const rows: Row[] = [
    ...account.providers.map(({ id, name, linked_at }) => ({
      id,
      name,
      linkedAt: linked_at ?? null,
      isLinked: true,
      isOffered: offered.some((provider) => provider.id === id),
    })),
    ...offered
      .filter(({ id }) => !account.providers.some((linked) => linked.id === id))
      .map(({ id, name }) => ({ id, name, linkedAt: null, isLinked: false, isOffered: true })),
  ]
  const refusal = wordsForError(useTold('error'))
  if (rows.length === 0) return null
  const isOnlyWay = !account.has_password && account.providers.length === 1
  return (
    <Section title="Other ways to sign in" text="A linked provider lets you in without a password.">
      {refusal ? (
        <div className="mb-4">
          <Problem>{refusal}</Problem>
        </div>
      ) : null}
      <ul className="divide-y divide-line border-y border-line">
        {rows.map((row) => (
          <Provider key={row.id} row={row} isOnlyWay={isOnlyWay && row.isLinked} />
        ))}
      </ul>
    </Section>
  )
}

function Provider({ row, isOnlyWay }: { row: Row; isOnlyWay: boolean }) {
  const accountApi = useAccountApi()
  const client = useQueryClient()
  const link = useAction(async () =>
    location.assign(await accountApi.linkProvider(row.id, '/settings/account')),
  )
  const unlink = useAction(async () => {
    await accountApi.unlinkProvider(row.id)
    await client.invalidateQueries({ queryKey: ['account'] })
  })
  const problem = link.problem ?? unlink.problem
  return (
    <li className="space-y-2 py-2.5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="min-w-0 flex-1 wrap-anywhere">{row.name}</span>
        <span className="text-sm text-muted">{stateOf(row, isOnlyWay)}</span>
        {row.isLinked ? (
          <Button
            small
            kind="quiet"
            aria-label={`Unlink ${row.name}`}
            disabled={isOnlyWay}
            busy={unlink.isBusy}
            onClick={() => void unlink.run()}
          >
            Unlink
          </Button>
        ) : (
          <Button
            small
            aria-label={`Link ${row.name}`}
            busy={link.isBusy}
            onClick={() => void link.run()}
          >
            Link
          </Button>
        )}
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
    </li>
  )
}

function stateOf(row: Row, isOnlyWay: boolean): string {
  if (!row.isLinked) return ''
  if (isOnlyWay) return 'your only way to sign in'
  if (!row.isOffered) return 'linked, not offered here now'
  return row.linkedAt ? `linked ${dayOf(row.linkedAt)}` : 'linked'
}
