import type { ListedUser, UsersApi } from '@netra/client'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { IconButton } from '../../components/button.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { MoreIcon } from '../../components/icons.tsx'
import { Menu, type MenuItem } from '../../components/menu.tsx'
import { useUsersApi } from './use-users.ts'

interface UserActionsProps {
  user: ListedUser
  onChanged: () => Promise<void>
  onLink: (link: { url: string; what: string }) => void
}

/** Something that is asked about before it is done. */
interface Plan {
  key: string
  label: string
  title: string
  text: string
  action: string
  danger?: boolean
  work: (api: UsersApi) => Promise<void>
}

/** What the administrator may do with somebody else's account, as it is now. */
function plansFor({ id, email, role, disabled, sessions, two_factor }: ListedUser): Plan[] {
  const plans: (Plan | false)[] = [
    role === 'admin'
      ? {
          key: 'demote',
          label: 'Make a member',
          title: `Make ${email} a member?`,
          text: 'They can no longer administer this Netra. They are signed out and sign in again.',
          action: 'Make a member',
          work: (api) => api.change(id, { role: 'user' }),
        }
      : {
          key: 'promote',
          label: 'Make an administrator',
          title: `Make ${email} an administrator?`,
          text: 'They can connect models, invite people and manage every account, also yours. They are signed out and sign in again.',
          action: 'Make an administrator',
          work: (api) => api.change(id, { role: 'admin' }),
        },
    sessions > 0 && {
      key: 'sign_out',
      label: 'Sign out everywhere',
      title: `Sign ${email} out everywhere?`,
      text: 'Every browser and program of theirs is signed out at once. They can sign in again.',
      action: 'Sign out',
      work: (api) => api.endSessions(id),
    },
    two_factor && {
      key: 'two_factor',
      label: 'Remove two-factor',
      title: `Remove two-factor from ${email}?`,
      text: 'From then on their password alone lets them in. Make sure that it is really them who asks.',
      action: 'Remove two-factor',
      work: (api) => api.removeTwoFactor(id),
    },
    {
      key: 'unlock',
      label: 'Unlock sign-in',
      title: `Unlock sign-in for ${email}?`,
      text: 'After too many wrong passwords or codes nobody gets in for a while, also not with the right one. They can try again at once.',
      action: 'Unlock',
      work: (api) => api.unlock(id),
    },
    disabled
      ? {
          key: 'enable',
          label: 'Enable',
          title: `Enable ${email}?`,
          text: 'They can sign in again; everything of theirs is as it was.',
          action: 'Enable',
          work: (api) => api.change(id, { disabled: false }),
        }
      : {
          key: 'disable',
          label: 'Disable',
          title: `Disable ${email}?`,
          text: 'They are signed out at once and cannot sign in until you enable them again. Nothing of theirs is erased.',
          action: 'Disable',
          danger: true,
          work: (api) => api.change(id, { disabled: true }),
        },
    {
      key: 'delete',
      label: 'Delete',
      title: `Delete ${email}?`,
      text: 'The account and everything in it is erased for good: conversations, files, keys. Nobody can bring it back.',
      action: 'Delete for good',
      danger: true,
      work: (api) => api.remove(id),
    },
  ]
  return plans.filter((plan) => plan !== false)
}

export function UserActions({ user, onChanged, onLink }: UserActionsProps) {
  const usersApi = useUsersApi()
  const navigate = useNavigate()
  const [plan, setPlan] = useState<Plan | null>(null)
  const linkPlan = (kind: 'password_reset' | 'verify_email', label: string): Plan => ({
    key: kind,
    label,
    title: `${label} for ${user.email}?`,
    text: `You get a link that works once; send it to them yourself. Whoever opens it ${
      kind === 'password_reset' ? 'sets a new password' : 'confirms the address'
    }.`,
    action: 'Make the link',
    work: async (api) => {
      const { url } = await api.createLink(user.id, kind)
      const what = `Only for ${user.email}: whoever has it can use it, once.`
      onLink({ url, what })
    },
  })
  const plans = [
    linkPlan('password_reset', 'Link to set a password'),
    ...(user.email_verified ? [] : [linkPlan('verify_email', 'Link to confirm the email')]),
    ...plansFor(user),
  ]
  const items: MenuItem[] = [
    {
      key: 'audit',
      label: 'Show in the audit log',
      onSelect: () => void navigate({ to: '/settings/audit-log', search: { user: user.id } }),
    },
    ...plans.map((item) => ({
      key: item.key,
      label: item.label,
      ...(item.danger && { danger: true }),
      onSelect: () => setPlan(item),
    })),
  ]
  return (
    <>
      <Menu
        label={`Actions for ${user.email}`}
        align="end"
        wide
        items={items}
        button={(attributes) => (
          <IconButton label={`Actions for ${user.email}`} {...attributes}>
            <MoreIcon />
          </IconButton>
        )}
      />
      {plan ? (
        <Confirm
          title={plan.title}
          text={plan.text}
          action={plan.action}
          danger={plan.danger ?? false}
          onClose={() => setPlan(null)}
          onConfirm={async () => {
            await plan.work(usersApi)
            await onChanged()
          }}
        />
      ) : null}
    </>
  )
}
