import { Button } from '../../components/button.tsx'
import { formatNumber } from '../../timeline/format.ts'

interface PagerProps {
  /** How many stand before this page. */
  from: number
  count: number
  total: number
  /** Pages forward; negative: back. */
  onGo: (by: number) => void
}

/** Turns the pages of a long list; nothing when there is only one. */
export function Pager({ from, count, total, onGo }: PagerProps) {
  if (total <= count && from === 0) return null
  return (
    <nav aria-label="Pages" className="mt-3 flex items-center gap-2 text-sm">
      <span className="figures flex-1 text-muted">
        {formatNumber(Math.min(from + 1, total))} to {formatNumber(from + count)} of{' '}
        {formatNumber(total)}
      </span>
      <Button small disabled={from === 0} onClick={() => onGo(-1)}>
        Previous
      </Button>
      <Button small disabled={from + count >= total} onClick={() => onGo(1)}>
        Next
      </Button>
    </nav>
  )
}
