import type { Account } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field, PasswordField } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { ApiError } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { pageAddress } from '../../page-address.ts'
import { forgetKept } from '../../use-kept.ts'
import { Section } from './section.tsx'
import { useAccountApi } from './use-account.ts'

const LAST_ADMINISTRATOR =
  'You are the only administrator. Make somebody else one first, under Users; then you can go.'

/** What a guest types, who has no address. */
const GUEST_PROOF = 'delete'

export function DeleteAccount({ account }: { account: Account }) {
  const [isAsked, setAsked] = useState(false)
  return (
    <Section
      title="Delete your account"
      text="Your conversations, files and settings are erased for good. Download everything before, if you want to keep it."
    >
      <Button kind="warning" onClick={() => setAsked(true)}>
        Delete my account
      </Button>
      {isAsked ? <Ask account={account} onClose={() => setAsked(false)} /> : null}
    </Section>
  )
}

function Ask({ account, onClose }: { account: Account; onClose: () => void }) {
  const live = useLive()
  const accountApi = useAccountApi()
  const [typed, setTyped] = useState('')
  const form = useForm(async (data) => {
    try {
      await accountApi.remove(account.has_password ? field(data, 'password') : undefined)
    } catch (error) {
      const isLast = error instanceof ApiError && error.error_code === 'LAST_ADMINISTRATOR'
      throw isLast ? new Error(LAST_ADMINISTRATOR) : error
    }
    live.close()
    forgetKept()
    location.assign(pageAddress('/sign-in?notice=account_deleted'))
  })
  const proof = account.is_test_user ? GUEST_PROOF : account.email
  const isSure = typed.trim().toLowerCase() === proof.toLowerCase()
  return (
    <Dialog label="Delete your account" onClose={onClose}>
      <form onSubmit={form.submit} className="space-y-4 p-5">
        <h2 className="text-lg font-semibold">Delete your account?</h2>
        <p className="text-soft">
          Everything that is yours is erased at once, here and on every device. Nobody can bring it
          back.
        </p>
        <Field
          label={account.is_test_user ? 'To be sure' : 'Your email address, to be sure'}
          name="confirmation"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-first-focus
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          hint={<span className="wrap-anywhere">Type {proof}</span>}
        />
        {account.has_password ? (
          <PasswordField is="current" label="Your password" name="password" />
        ) : (
          <p className="text-sm text-muted">
            {account.is_test_user
              ? 'This works within 10 minutes of its start; afterwards it ends by itself.'
              : 'This works within 10 minutes of signing in: sign out and in again if it is refused.'}
          </p>
        )}
        <FormProblem form={form} />
        <div className="flex justify-end gap-2 pt-1">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" kind="danger" disabled={!isSure} busy={form.isBusy}>
            Delete for good
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
