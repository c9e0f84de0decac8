import { isWebAddress } from '@netra/protocol'
import { useState } from 'react'

import { Button } from '../button.tsx'
import { CopyButton } from '../copy-button.tsx'
import { ExternalIcon } from '../icons.tsx'
import { Problem } from '../notice.tsx'
import type { AskedCall } from './asked-call.ts'
import { useAnswer } from './use-answer.ts'
import { visibleText } from './visible-text.ts'

const OPEN =
  'touch inline-flex h-8 items-center justify-center gap-2 rounded-md bg-accent px-3 text-sm font-medium text-on-accent transition-colors hover:bg-accent-strong'

/** Something to be done elsewhere: the whole address, opened by a click and by nothing else. */
export function QuestionAddress({ call, url }: { call: AskedCall; url: string }) {
  const [wasOpened, setOpened] = useState(false)
  const answer = useAnswer(call)
  const isOpenable = isWebAddress(url) && URL.canParse(url)
  const { host, protocol } = isOpenable ? new URL(url) : { host: '', protocol: '' }
  return (
    <div className="space-y-3">
      <div className="rounded-lg border border-line bg-sunken p-3 text-xs">
        <p className="text-muted">
          It leads to <strong className="font-mono font-semibold text-ink">{host}</strong>
          {protocol === 'http:' ? ', without encryption' : ''}. The whole address:
        </p>
        <p className="mt-1 flex items-start gap-2">
          <span className="min-w-0 flex-1 font-mono wrap-anywhere">{visibleText(url)}</span>
          <CopyButton label="Copy the address" text={() => url} />
        </p>
      </div>
      {answer.problem ? <Problem>{answer.problem}</Problem> : null}
      {isOpenable ? null : <Problem>This is no address of the web; decline it.</Problem>}
      <div className="flex flex-wrap gap-2">
        {isOpenable ? (
          <a
            href={url}
            target="_blank"
            rel="noopener noreferrer"
            className={OPEN}
            onClick={() => setOpened(true)}
          >
            <ExternalIcon size={16} />
            Open {host}
            <span className="sr-only"> in a new tab</span>
          </a>
        ) : null}
        {wasOpened ? (
          <Button small busy={answer.isBusy} onClick={() => void answer.run({ action: 'accept' })}>
            I am done there
          </Button>
        ) : null}
        <Button
          small
          disabled={answer.isBusy}
          onClick={() => void answer.run({ action: 'decline' })}
        >
          Decline
        </Button>
      </div>
    </div>
  )
}
