import type { TwoFactorSetup } from '@netra/client'
import { useState } from 'react'

import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { field, FormProblem, useForm } from '../../components/form.tsx'
import { PasswordDialog } from '../../components/password-dialog.tsx'
import { QrCode } from '../../components/qr-code.tsx'
import { useAccountApi } from './use-account.ts'

interface TwoFactorSetupProps {
  onEnabled: (recoveryCodes: string[]) => void
  onClose: () => void
}

/** Password, then the secret for the app, then a code that proves that the app has it. */
export function TwoFactorSetupDialog({ onEnabled, onClose }: TwoFactorSetupProps) {
  const accountApi = useAccountApi()
  const [setup, setSetup] = useState<TwoFactorSetup | null>(null)
  if (setup !== null) return <Scan setup={setup} onEnabled={onEnabled} onClose={onClose} />
  return (
    <PasswordDialog
      title="Turn two-factor on"
      text="You need an authenticator app on your phone, such as those of your system, Aegis or Google."
      action="Continue"
      onClose={onClose}
      onConfirm={async (password) => setSetup(await accountApi.setUpTwoFactor(password))}
    />
  )
}

/** In groups of four, to be read and typed. */
const grouped = (secret: string): string => secret.match(/.{1,4}/g)?.join(' ') ?? secret

function Scan({ setup, onEnabled, onClose }: TwoFactorSetupProps & { setup: TwoFactorSetup }) {
  const accountApi = useAccountApi()
  const form = useForm(async (data) => {
    const code = field(data, 'code').replaceAll(' ', '')
    onEnabled(await accountApi.enableTwoFactor(code))
  })
  return (
    <Dialog label="Scan the code" onClose={onClose}>
      <form onSubmit={form.submit} className="max-h-[inherit] space-y-4 overflow-y-auto p-5">
        <h2 className="text-lg font-semibold">Scan the code</h2>
        <p className="text-soft">Let your authenticator app scan this picture.</p>
        <div className="flex justify-center">
          <QrCode text={setup.uri} label="QR code for the authenticator app" />
        </div>
        <div>
          <p className="text-sm text-muted">Or type this key into the app:</p>
          <div className="mt-1 flex items-center gap-2">
            <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">
              {grouped(setup.secret)}
            </code>
            <CopyButton label="Copy the key" text={() => setup.secret} />
          </div>
        </div>
        <Field
          label="Code that the app shows now"
          name="code"
          required
          mono
          data-first-focus
          autoComplete="one-time-code"
          inputMode="numeric"
          pattern="[0-9]{3} ?[0-9]{3}"
          title="Six digits"
          placeholder="123456"
          maxLength={7}
        />
        <FormProblem form={form} />
        <div className="flex justify-end gap-2 pt-1">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" kind="primary" busy={form.isBusy}>
            Turn on
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
