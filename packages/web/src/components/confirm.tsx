import { useState } from 'react'

import { problemText } from '../live/api.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Problem } from './notice.tsx'

interface ConfirmProps {
  title: string
  text: string
  action: string
  /** False for what can be taken back. */
  danger?: boolean
  onConfirm: () => Promise<void>
  onClose: () => void
}

/** Asks before something that must not happen by a slip. */
export function Confirm({ title, text, action, danger = true, ...on }: ConfirmProps) {
  const { onConfirm, onClose } = on
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const confirm = () => {
    setBusy(true)
    onConfirm()
      .then(onClose)
      .catch((error: unknown) => {
        setBusy(false)
        setProblem(problemText(error))
      })
  }
  return (
    <Dialog label={title} onClose={onClose}>
      <div className="space-y-4 p-5">
        <h2 className="text-lg font-semibold wrap-anywhere">{title}</h2>
        <p className="text-soft">{text}</p>
        {problem ? <Problem>{problem}</Problem> : null}
        <div className="flex justify-end gap-2 pt-1">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={confirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
