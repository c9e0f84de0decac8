import type { ErrorComponentProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

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

export function Opening() {
  return (
    <div className="grid h-dvh place-items-center" aria-label="Opening Netra" aria-busy="true">
      <div className="breathing">
        <Mark size={32} />
      </div>
    </div>
  )
}

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
