import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { PasswordDialog } from '../../components/password-dialog.tsx'
import { useLive } from '../../live/use-live.ts'
import { RecoveryCodesDialog } from './recovery-codes.tsx'
import { Loaded, Section } from './section.tsx'
import { Sessions } from './sessions.tsx'
import { TwoFactorSetupDialog } from './two-factor-setup.tsx'
import { useAccount, useAccountApi } from './use-account.ts'

export function Security() {
  const account = useAccount()
  const { me } = useLive()
  return (
    <>
      {me.is_test_user ? null : (
        <Section
          title="Two-factor sign-in"
          text="Besides your password, a code from an authenticator app on your phone: a stolen password alone lets nobody in."
        >
          <Loaded query={account} lines={1}>
            {(data) => (
              <TwoFactor
                isOn={data.two_factor}
                hasPassword={data.has_password}
                onChanged={() => void account.refetch()}
              />
            )}
          </Loaded>
        </Section>
      )}
      <Sessions />
    </>
  )
}

interface TwoFactorProps {
  isOn: boolean
  hasPassword: boolean
  onChanged: () => void
}

function TwoFactor({ isOn, hasPassword, onChanged }: TwoFactorProps) {
  const accountApi = useAccountApi()
  const [dialog, setDialog] = useState<'set_up' | 'turn_off' | 'new_codes' | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const close = () => setDialog(null)
  if (!hasPassword) {
    return (
      <p className="max-w-prose text-soft">
        You sign in through a provider: turn it on there. With a password of your own it can be
        turned on here, too.
      </p>
    )
  }
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-40" role="status">
          {isOn ? 'It is on.' : 'It is off.'}
        </p>
        <div className="flex flex-wrap gap-2">
          {isOn ? (
            <>
              <Button onClick={() => setDialog('new_codes')}>New recovery codes</Button>
              <Button kind="quiet" onClick={() => setDialog('turn_off')}>
                Turn off
              </Button>
            </>
          ) : (
            <Button kind="primary" onClick={() => setDialog('set_up')}>
              Turn on
            </Button>
          )}
        </div>
      </div>
      {dialog === 'set_up' ? (
        <TwoFactorSetupDialog
          onClose={close}
          onEnabled={(made) => {
            close()
            setCodes(made)
            onChanged()
          }}
        />
      ) : null}
      {dialog === 'turn_off' ? (
        <PasswordDialog
          title="Turn two-factor off?"
          text="From then on your password alone lets you in, and your recovery codes are void."
          action="Turn off"
          danger
          onClose={close}
          onConfirm={async (password) => {
            await accountApi.disableTwoFactor(password)
            close()
            onChanged()
          }}
        />
      ) : null}
      {dialog === 'new_codes' ? (
        <PasswordDialog
          title="Make new recovery codes?"
          text="The ones that you have now are void afterwards."
          action="Make new codes"
          onClose={close}
          onConfirm={async (password) => {
            setCodes(await accountApi.newRecoveryCodes(password))
            close()
          }}
        />
      ) : null}
      {codes ? <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} /> : null}
    </>
  )
}
