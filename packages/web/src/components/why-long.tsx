import { lazy, Suspense } from 'react'

import { whyLongWords } from '../timeline/why-long-words.ts'

const RunTimeline = lazy(async () => ({
  default: (await import('./run-timeline.tsx')).RunTimeline,
}))

interface WhyLongProps {
  /** As far as is known. */
  tookMs: number
  onAsk: () => void
}

/** Leads to where the time of an answer went. */
export function WhyLong({ tookMs, onAsk }: WhyLongProps) {
  return (
    <button
      type="button"
      onClick={onAsk}
      className="touch ml-1.5 rounded-sm text-xs text-muted underline decoration-line-strong underline-offset-3 hover:text-ink"
    >
      {whyLongWords(tookMs)}
    </button>
  )
}

interface WhyLongPanelProps {
  runId: string
  isOpen: boolean
  onClose: () => void
}

export const WhyLongPanel = (props: WhyLongPanelProps) => (
  <Suspense>
    <RunTimeline {...props} />
  </Suspense>
)
