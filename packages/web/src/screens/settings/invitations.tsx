import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field, INPUT } from '../../components/field.tsx'
import { field, useForm } from '../../components/form.tsx'
import { Problem } from '../../components/notice.tsx'
import { ShownOnce } from '../../components/shown-once.tsx'
import { problemText, type Invitation } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { Loaded, Section } from './section.tsx'

const LINK =
  'text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-current'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

export function Invitations() {
  const { me } = useLive()
  if (me.role === 'admin') return <ManageInvitations />
  return (
    <Section title="Invitations" text="An administrator invites people; ask one for a link.">
      {null}
    </Section>
  )
}

function ManageInvitations() {
  const { api } = useLive()
  const client = useQueryClient()
  const list = useQuery({
    queryKey: ['invitations'],
    queryFn: ({ signal }) => api.admin.invitations(signal),
  })
  const config = useQuery({ queryKey: ['config'], queryFn: () => api.config(), staleTime: 0 })
  const isClosed = config.data?.auth.registration === 'closed'
  const [url, setUrl] = useState<string | null>(null)
  const changed = () => client.invalidateQueries({ queryKey: ['invitations'] })
  const { isBusy, problem, submit } = useForm(async (form) => {
    const email = field(form, 'email').trim()
    const days = Number(field(form, 'days'))
    const made = await api.admin.createInvitation({
      ...(email !== '' && { email }),
      expires_in_days: days,
    })
    setUrl(made.url)
    await changed()
  })
  return (
    <>
      <Section
        title="Invite somebody"
        text="You get a link that works once. Send it to them yourself."
      >
        {isClosed ? (
          <p className="mb-4 rounded-md bg-accent-wash px-3 py-2.5 text-sm">
            Registration is closed: invitations count only when it is open again.{' '}
            <Link to="/settings/registration" className={LINK}>
              Change it under Registration
            </Link>
          </p>
        ) : null}
        <form onSubmit={submit} className="space-y-4">
          <div className="flex flex-wrap items-end gap-3">
            <Field
              className="min-w-60 flex-1"
              label="Email (optional: only this address can use the link)"
              name="email"
              type="email"
              autoComplete="off"
            />
            <label className="w-32">
              <span className="mb-1.5 block text-sm font-medium text-soft">Valid for</span>
              <select name="days" defaultValue="7" className={INPUT}>
                <option value="1">1 day</option>
                <option value="7">7 days</option>
                <option value="30">30 days</option>
              </select>
            </label>
            <Button type="submit" kind="primary" busy={isBusy}>
              Create link
            </Button>
          </div>
          {problem ? <Problem>{problem}</Problem> : null}
        </form>
        {url ? (
          <div className="mt-4">
            <ShownOnce what="link" secret={url} />
          </div>
        ) : null}
      </Section>
      <Section title="Open invitations">
        <Loaded query={list}>
          {(invitations) =>
            invitations.length === 0 ? (
              <p className="text-muted">There are none.</p>
            ) : (
              <ul className="divide-y divide-line border-y border-line">
                {invitations.map((invitation) => (
                  <Row key={invitation.id} invitation={invitation} onRevoked={changed} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
    </>
  )
}

interface RowProps {
  invitation: Invitation
  onRevoked: () => Promise<void>
}

function Row({ invitation, onRevoked }: RowProps) {
  const { api } = useLive()
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const revoke = () => {
    setBusy(true)
    api.admin
      .deleteInvitation(invitation.id)
      .then(onRevoked)
      .catch((error: unknown) => setProblem(problemText(error)))
      .finally(() => setBusy(false))
  }
  const state = invitation.used_at
    ? `used ${day.format(Date.parse(invitation.used_at))}`
    : `valid until ${day.format(Date.parse(invitation.expires_at))}`
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5">
      <span className="min-w-0 basis-full truncate sm:flex-1 sm:basis-0">
        {invitation.email ?? 'Anybody with the link'}
      </span>
      <span className="flex-1 text-sm text-muted sm:flex-none">{state}</span>
      {invitation.used_at ? null : (
        <Button small kind="quiet" busy={isBusy} onClick={revoke}>
          Revoke
        </Button>
      )}
      {problem ? <Problem>{problem}</Problem> : null}
    </li>
  )
}
