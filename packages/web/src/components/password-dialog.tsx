import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { PasswordField } from './field.tsx'
import { field, FormProblem, useForm } from './form.tsx'

interface PasswordDialogProps {
  title: string
  text: string
  action: string
  danger?: boolean
  onConfirm: (password: string) => Promise<void>
  onClose: () => void
}

/** Asks for the password before something that only its owner may do. */
export function PasswordDialog({ title, text, action, danger, ...on }: PasswordDialogProps) {
  const form = useForm(async (data) => {
    await on.onConfirm(field(data, 'password'))
  })
  return (
    <Dialog label={title} onClose={on.onClose}>
      <form onSubmit={form.submit} className="space-y-4 p-5">
        <h2 className="text-lg font-semibold">{title}</h2>
        <p className="text-soft">{text}</p>
        <PasswordField is="current" label="Your password" name="password" data-first-focus />
        <FormProblem form={form} />
        <div className="flex justify-end gap-2 pt-1">
          <Button kind="quiet" onClick={on.onClose}>
            Cancel
          </Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} busy={form.isBusy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
