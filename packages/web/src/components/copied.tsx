import { CopyButton } from './copy-button.tsx'

/** Lines for another program, with a button that copies them. */
export const Copied = ({ label, text }: { label: string; text: string }) => (
  <div className="mt-1.5 flex items-start gap-2 rounded-md bg-sunken p-2.5">
    <pre className="min-w-0 flex-1 self-center overflow-x-auto font-mono text-xs whitespace-pre-wrap wrap-anywhere">
      {text}
    </pre>
    <CopyButton label={label} text={() => text} />
  </div>
)
