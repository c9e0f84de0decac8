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
        <List facts={facts} />
      </details>
      {/* Paper has nothing to open. */}
      <div className="hidden print:block">
        <h3 className="text-lg font-semibold tracking-tight">Where the numbers come from</h3>
        <List facts={facts} />
      </div>
    </section>
  )
}

function List({ facts }: { facts: readonly ReportFact[] }) {
  return (
    <ul className="mt-3 divide-y divide-line border-y border-line text-sm">
      {facts.map((fact) => (
        <li key={fact.id} className="py-2">
          <p className="flex flex-wrap gap-x-2">
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
