import type { ReportBlock } from '@netra/client'

import { keptTogether } from '../../timeline/kept-together.ts'
import { WithFacts } from './fact-links.tsx'

type RecommendationBlock = Extract<ReportBlock, { kind: 'recommendation' }>

const RISKS: Record<RecommendationBlock['quality_risk'], string> = {
  none: 'none',
  low: 'low',
  medium: 'medium',
  high: 'high',
  unknown: 'not known',
}

/** One thing to change: what it saves, what it may cost, and what that rests on. */
export function Recommendation({ recommendation }: { recommendation: RecommendationBlock }) {
  const { rank, title, what, saving_text, saving_usd, saving_share, formula } = recommendation
  const share = saving_share === null ? '' : ` (${(100 * saving_share).toFixed(1)}\u00A0%)`
  return (
    <div className="rounded-lg border border-line bg-raised p-4 print:break-inside-avoid">
      <h4 className="flex flex-wrap items-baseline gap-x-2 font-semibold">
        <span className="figures text-muted">{rank}.</span>
        <span className="min-w-0 flex-1 wrap-anywhere">{keptTogether(title)}</span>
        <span className={`figures ${saving_usd === null ? 'text-sm font-normal text-muted' : ''}`}>
          {keptTogether(saving_text)}
          {share}
        </span>
      </h4>
      <p className="mt-1 wrap-anywhere">
        <WithFacts text={what} />
      </p>
      <dl className="mt-3 grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[8rem_1fr]">
        <Line name="Latency">{keptTogether(recommendation.latency)}</Line>
        <Line name="Quality risk">
          <span className="font-medium">{RISKS[recommendation.quality_risk]}</span>
          {recommendation.quality === '' ? null : <>: {keptTogether(recommendation.quality)}</>}
        </Line>
        <Line name="Confidence">
          <span className="figures font-medium">
            {Math.round(100 * recommendation.confidence)}
            {'\u00A0'}%
          </span>
          {recommendation.confidence_formula === '' ? null : (
            <span className="text-muted">
              {' '}
              — <WithFacts text={recommendation.confidence_formula} />
            </span>
          )}
        </Line>
        <Line name="How it is computed">
          <WithFacts text={formula} />
        </Line>
        {recommendation.assumptions.length > 0 ? (
          <Line name="Assumes">
            <ul className="list-disc space-y-0.5 pl-4">
              {recommendation.assumptions.map((assumption, index) => (
                <li key={index}>
                  <WithFacts text={assumption} />
                </li>
              ))}
            </ul>
          </Line>
        ) : null}
      </dl>
    </div>
  )
}

function Line({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
