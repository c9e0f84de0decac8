import type { ReportFact } from '@netra/client'

/** Where every number of the report comes from. */
export function Facts({ facts }: { facts: readonly ReportFact[] }) {
  if (facts.length === 0) return null
  return (
    <section className="pt-8">
      <details className="print:hidden">
        <summary className="touch cursor-pointer text-lg font-semibold tracking-tight">
          Where the numbers come from
        </summary>
        <List facts={facts} isTarget />
      </details>
      {/* Paper has nothing to open. */}
      <div className="hidden print:block">
        <h3 className="text-lg font-semibold tracking-tight">Where the numbers come from</h3>
        <List facts={facts} />
      </div>
    </section>
  )
}

interface ListProps {
  facts: readonly ReportFact[]
  /** Whether an address ending in `#fact-f2` leads here: one of the two lists. */
  isTarget?: boolean
}

function List({ facts, isTarget = false }: ListProps) {
  return (
    <ul className="mt-3 divide-y divide-line border-y border-line text-sm">
      {facts.map((fact) => (
        <li
          key={fact.id}
          id={isTarget ? `fact-${fact.id}` : undefined}
          className="scroll-mt-4 py-2 target:bg-accent-wash"
        >
          <p className="flex flex-wrap gap-x-2">
            <code className="w-8 shrink-0 font-mono text-xs/5 text-muted">{fact.id}</code>
            <span className="min-w-0 flex-1 wrap-anywhere">{fact.what}</span>
            <span className="figures font-medium">{fact.text}</span>
          </p>
          <p className="text-muted wrap-anywhere">
            <code className="font-mono text-xs">{fact.tool}</code> · {fact.formula}
          </p>
        </li>
      ))}
    </ul>
  )
}
