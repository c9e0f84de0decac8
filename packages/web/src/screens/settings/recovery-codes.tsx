import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { DownloadIcon } from '../../components/icons.tsx'
import { saveText } from '../../components/save-file.ts'

interface RecoveryCodesProps {
  codes: readonly string[]
  onClose: () => void
}

/** Shown once; only its button closes it, so that no slip loses them. */
export function RecoveryCodesDialog({ codes, onClose }: RecoveryCodesProps) {
  const text = `${codes.join('\n')}\n`
  return (
    <Dialog label="Keep your recovery codes" onClose={() => undefined}>
      <div className="max-h-[inherit] space-y-4 overflow-y-auto p-5">
        <h2 className="text-lg font-semibold">Keep your recovery codes</h2>
        <p className="text-soft">
          Without your phone, each of these lets you in once. They are shown only now: keep them
          where your password is not.
        </p>
        <ul
          aria-label="Recovery codes"
          className="grid grid-cols-2 gap-x-4 gap-y-1.5 rounded-lg border border-line bg-raised p-4 font-mono text-sm"
        >
          {codes.map((code) => (
            <li key={code} className="wrap-anywhere select-all">
              {code}
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap items-center gap-2 pt-1">
          <CopyButton named label="Copy" text={() => text} />
          <Button small onClick={() => saveText('netra-recovery-codes.txt', text, 'text/plain')}>
            <DownloadIcon size={16} />
            Download
          </Button>
          <span className="flex-1" />
          <Button kind="primary" onClick={onClose} data-first-focus className="max-sm:w-full">
            I have kept them
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
