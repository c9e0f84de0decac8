import { lazy, Suspense } from 'react'

const RunTimeline = lazy(async () => ({
  default: (await import('./run-timeline.tsx')).RunTimeline,
}))

/** Nobody calls less than this long. */
const LONG_MS = 1_000

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
      {tookMs < LONG_MS ? 'Where the time went' : 'Why did this take long?'}
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
