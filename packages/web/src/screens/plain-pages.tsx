import type { ErrorComponentProps } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'

import { Button } from '../components/button.tsx'
import { Mark } from '../components/icons.tsx'
import { problemText } from '../live/api.ts'

/** A part of the page did not come, as after an update of the server, or it failed. */
export function Broken({ error }: ErrorComponentProps) {
  return (
    <PlainPage title="This page cannot be shown">
      <p>Load it again: what was said and what you have written is kept.</p>
      <p className="mt-2 text-sm text-muted wrap-anywhere">{problemText(error)}</p>
      <Button kind="primary" className="mt-5" onClick={() => location.reload()}>
        Load the page again
      </Button>
    </PlainPage>
  )
}

/** Nobody needs words for a wait this short. */
const QUIET_MS = 1500

interface OpeningProps {
  /** Why the last try did not work, while more are made. */
  problem?: unknown
}

export function Opening({ problem = null }: OpeningProps) {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="grid h-dvh place-items-center" aria-label="Opening Netra" aria-busy="true">
      <div className="relative">
        <div className="breathing">
          <Mark size={32} />
        </div>
        {/* Beside the flow: the mark stays where it is. */}
        <div
          role="status"
          className="absolute top-full left-1/2 mt-4 w-72 -translate-x-1/2 text-center text-sm text-muted"
        >
          {isLong ? <p className="appear">{waitWords(problem)}</p> : null}
        </div>
      </div>
    </div>
  )
}

const waitWords = (problem: unknown): string =>
  problem === null
    ? 'Netra is being asked who you are. It takes longer than usual.'
    : `${problemText(problem)} It is tried again by itself.`

interface UnreachableProps {
  text: string
  isBusy: boolean
  onRetry: () => void
}

export function Unreachable({ text, isBusy, onRetry }: UnreachableProps) {
  return (
    <PlainPage title="Netra cannot be opened now">
      <p>{text}</p>
      <p className="mt-2 text-sm text-muted">It is tried again by itself.</p>
      <Button kind="primary" className="mt-5" busy={isBusy} onClick={onRetry}>
        Try again
      </Button>
    </PlainPage>
  )
}

export function PlainPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid h-dvh place-items-center px-6">
      <div className="w-full max-w-md">
        <Mark size={32} />
        <h1 className="mt-4 text-xl font-semibold tracking-tight">{title}</h1>
        <div className="mt-2 text-soft">{children}</div>
      </div>
    </main>
  )
}
