import { useState, type ReactNode } from 'react'

interface ShowRestProps<Entry> {
  entries: readonly Entry[]
  /** How many stand there before all are asked for. */
  shown: number
  of: string
  children: (entries: readonly Entry[]) => ReactNode
}

/** The beginning of a long list, with how much there is besides, and all of it on demand. */
export function ShowRest<Entry>({ entries, shown, of, children }: ShowRestProps<Entry>) {
  const [isWhole, setWhole] = useState(false)
  const isLong = entries.length > shown
  return (
    <>
      {children(isLong && !isWhole ? entries.slice(0, shown) : entries)}
      {isLong ? (
        <button
          type="button"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
          className="touch mt-1 rounded-sm text-xs font-medium text-accent underline underline-offset-3"
        >
          {isWhole ? 'Show less' : `Show all ${entries.length.toLocaleString()}`}
          <span className="sr-only"> of {of}</span>
        </button>
      ) : null}
    </>
  )
}
