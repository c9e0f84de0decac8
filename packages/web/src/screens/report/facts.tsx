import type { ReportFact } from '@netra/client'
import { useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'

import { factAddress } from '../../timeline/fact-references.ts'
import { keptTogether } from '../../timeline/kept-together.ts'
import { WithFacts } from './fact-links.tsx'

/** Where every number of the report comes from: the rows that the `(f28)` of its formulas lead to. */
export function Facts({ facts }: { facts: readonly ReportFact[] }) {
  const hash = useLocation({ select: (location) => location.hash })
  useEffect(() => {
    // The report came after the page: the browser looked for the row when it was not there yet.
    if (hash.startsWith('fact-')) document.querySelector(`#${CSS.escape(hash)}`)?.scrollIntoView()
  }, [hash])
  if (facts.length === 0) return null
  return (
    <section className="pt-8">
      <h3 className="text-lg font-semibold tracking-tight">Where the numbers come from</h3>
      <p className="mt-1 text-sm text-muted">
        Each number with the tool call that gave it and the formula it was computed by.
      </p>
      <ul className="mt-3 divide-y divide-line border-y border-line text-sm">
        {facts.map((fact) => (
          <li
            key={fact.id}
            id={factAddress(fact.id).slice(1)}
            className={`scroll-mt-4 py-2 print:break-inside-avoid ${
              factAddress(fact.id) === `#${hash}` ? 'bg-accent-wash print:bg-transparent' : ''
            }`}
          >
            <p className="flex flex-wrap gap-x-2">
              <code className="w-8 shrink-0 font-mono text-xs/5 text-muted">{fact.id}</code>
              <span className="min-w-0 flex-1 wrap-anywhere">{keptTogether(fact.what)}</span>
              <span className="figures font-medium">{keptTogether(fact.text)}</span>
            </p>
            <p className="pl-10 text-muted wrap-anywhere">
              <code className="font-mono text-xs">{fact.tool}</code> ·{' '}
              <WithFacts text={fact.formula} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}
