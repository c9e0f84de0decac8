import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Button } from '../../components/button.tsx'
import { Problem } from '../../components/notice.tsx'
import { problemText } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'

interface SectionProps {
  title: string
  text?: ReactNode
  children?: ReactNode
}

/** One thing that can be settled. */
export function Section({ title, text, children }: SectionProps) {
  return (
    <section className="pt-8">
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      {text ? <p className="mt-1 max-w-prose text-sm text-muted">{text}</p> : null}
      {children ? <div className="mt-4">{children}</div> : null}
    </section>
  )
}

interface LoadedProps<Data> {
  query: UseQueryResult<Data>
  /** How many lines its place holds until it is there. */
  lines?: number
  children: (data: Data) => ReactNode
}

/** What a query brings; until then its place, or what went wrong with a way to try again. */
export function Loaded<Data>({ query, lines = 3, children }: LoadedProps<Data>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) {
    return (
      <Problem
        action={
          <Button small busy={query.isFetching} onClick={() => void query.refetch()}>
            Try again
          </Button>
        }
      >
        {problemText(query.error)}
      </Problem>
    )
  }
  return (
    <div role="status" aria-label="Loading" className="breathing min-h-10 space-y-3 py-3.5">
      {['w-4/5', 'w-3/5', 'w-2/3'].slice(0, lines).map((width) => (
        <div key={width} className={`h-3 rounded-sm bg-line ${width}`} />
      ))}
    </div>
  )
}

/** A page of the administration; everybody else is told whom to ask. */
export function AdminOnly({ title, children }: { title: string; children: ReactNode }) {
  const { me } = useLive()
  if (me.role === 'admin') return children
  return <Section title={title} text="Only an administrator sees and changes this; ask one." />
}

/** A short word about a person or a thing, beside its name. */
export function Badge({
  children,
  tone = 'plain',
}: {
  children: ReactNode
  tone?: 'plain' | 'warn'
}) {
  return (
    <span
      className={`inline-flex shrink-0 items-center rounded-sm px-1.5 text-xs whitespace-nowrap ${
        tone === 'warn' ? 'bg-danger-wash text-danger' : 'bg-sunken text-soft'
      }`}
    >
      {children}
    </span>
  )
}
