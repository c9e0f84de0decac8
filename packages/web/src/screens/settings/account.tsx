import type { Account as AccountData } from '@netra/client'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { Field, PasswordField } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { DownloadIcon, SignOutIcon } from '../../components/icons.tsx'
import { Problem } from '../../components/notice.tsx'
import { saveBlob } from '../../components/save-file.ts'
import { Saved } from '../../components/saved.tsx'
import { useAction } from '../../components/use-action.ts'
import { useLive } from '../../live/use-live.ts'
import { pageAddress } from '../../page-address.ts'
import { DeleteAccount } from './delete-account.tsx'
import { LinkedProviders } from './linked-providers.tsx'
import { momentOf } from './moments.ts'
import { Loaded, Section } from './section.tsx'
import { useAccount, useAccountApi, useSendsEmail } from './use-account.ts'

export function Account() {
  const account = useAccount()
  return (
    <>
      <Section title="You">
        <Loaded query={account}>{(data) => <You account={data} />}</Loaded>
      </Section>
      {/* All at once: nothing moves while somebody reaches for it. */}
      {account.isPending ? null : <Rest account={account.data} />}
    </>
  )
}

/** `account`: absent when it could not be read. */
function Rest({ account }: { account: AccountData | undefined }) {
  return (
    <>
      {account && !account.is_test_user ? (
        <>
          <Password account={account} />
          <LinkedProviders account={account} />
        </>
      ) : null}
      <Section
        title="Sign out"
        text={
          account?.is_test_user
            ? 'Nobody can sign in to a guest account again: what is in it is lost to you then.'
            : 'Answers that are running go on; they are there when you come back.'
        }
      >
        <div className="flex flex-wrap gap-2">
          <SignOut everywhere={false} label="Sign out" />
          <SignOut everywhere label="Sign out on every device" />
        </div>
      </Section>
      <Section
        title="Your data"
        text="Everything that is yours as one file: your account, every conversation as JSON and Markdown, and your files."
      >
        <Download />
      </Section>
      {account ? <DeleteAccount account={account} /> : null}
    </>
  )
}

/** `endsAt`: ISO 8601. */
const guestWords = (endsAt: string | null): string =>
  `A guest account. It ends ${endsAt === null ? 'by itself' : `on ${momentOf(endsAt)}`}, with all that is in it.`

function You({ account }: { account: AccountData }) {
  const accountApi = useAccountApi()
  const sendsEmail = useSendsEmail()
  const client = useQueryClient()
  const [savedAt, setSavedAt] = useState(0)
  const form = useForm(async (data) => {
    const changed = await accountApi.rename(field(data, 'name').trim())
    client.setQueryData(['account'], changed)
    await client.invalidateQueries({ queryKey: ['me'] })
    setSavedAt(Date.now())
  })
  return (
    <div className="space-y-5">
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-y-2.5 sm:grid-cols-[7rem_minmax(0,1fr)]">
        {account.is_test_user ? (
          <>
            <dt className="text-muted">Account</dt>
            <dd>{guestWords(account.expires_at ?? null)}</dd>
          </>
        ) : (
          <>
            <dt className="text-muted">Email</dt>
            <dd className="wrap-anywhere">
              {account.email}
              {account.email_verified || !sendsEmail ? null : (
                <span className="text-muted"> (not confirmed)</span>
              )}
            </dd>
          </>
        )}
        <dt className="text-muted">Role</dt>
        <dd>{account.role === 'admin' ? 'Administrator' : 'Member'}</dd>
      </dl>
      <form onSubmit={form.submit} className="grid max-w-md gap-3">
        <div className="flex items-end gap-2">
          <Field
            className="min-w-0 flex-1"
            label="Name"
            name="name"
            autoComplete="name"
            maxLength={200}
            defaultValue={account.name}
          />
          <Button type="submit" busy={form.isBusy}>
            Save
          </Button>
        </div>
        <Saved at={savedAt}>Your name is saved.</Saved>
        <FormProblem form={form} />
      </form>
    </div>
  )
}

function Password({ account }: { account: AccountData }) {
  const accountApi = useAccountApi()
  const [savedAt, setSavedAt] = useState(0)
  const form = useForm(async (data) => {
    await accountApi.changePassword({
      current_password: field(data, 'current'),
      new_password: field(data, 'new'),
    })
    setSavedAt(Date.now())
  })
  if (!account.has_password) {
    return (
      <Section
        title="Password"
        text="You sign in through a provider and have no password here. To have one too, choose “Forgot the password?” where you sign in."
      />
    )
  }
  return (
    <Section title="Password" text="A new one signs you out on every other device.">
      {/* A new form after a change: nothing stays in its fields. */}
      <form key={savedAt} onSubmit={form.submit} className="grid max-w-md gap-4">
        <input
          type="hidden"
          name="username"
          autoComplete="username"
          value={account.email}
          readOnly
        />
        <PasswordField is="current" label="Current password" name="current" />
        <PasswordField is="new" label="New password" name="new" />
        <FormProblem form={form} />
        <Button type="submit" busy={form.isBusy} className="justify-self-start">
          Change password
        </Button>
        <Saved at={savedAt}>Your password is changed. Every other device is signed out.</Saved>
      </form>
    </Section>
  )
}

function Download() {
  const accountApi = useAccountApi()
  const [savedAt, setSavedAt] = useState(0)
  const download = useAction(async () => {
    const day = new Date().toISOString().slice(0, 10)
    saveBlob(`netra-${day}.zip`, await accountApi.download())
    setSavedAt(Date.now())
  })
  return (
    <div className="grid justify-items-start gap-3">
      <Button busy={download.isBusy} onClick={() => void download.run()}>
        {download.isBusy ? null : <DownloadIcon size={16} />}
        Download everything
      </Button>
      <Saved at={savedAt}>It is in your downloads.</Saved>
      {download.problem ? <Problem>{download.problem}</Problem> : null}
    </div>
  )
}

function SignOut({ everywhere, label }: { everywhere: boolean; label: string }) {
  const live = useLive()
  const signOut = useAction(async () => {
    await live.api.logout({ everywhere })
    live.close()
    // A new page: nothing of the person stays in memory.
    location.assign(pageAddress('/sign-in?notice=signed_out'))
  })
  return (
    <>
      <Button busy={signOut.isBusy} onClick={() => void signOut.run()}>
        {everywhere ? null : <SignOutIcon size={16} />}
        {label}
      </Button>
      {signOut.problem ? <Problem>{signOut.problem}</Problem> : null}
    </>
  )
}
