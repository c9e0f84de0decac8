import { useState } from 'react'

import { formatCompact, formatGrouped, formatUsd } from '../../../timeline/format.ts'

interface Day {
  day: string
  tokens: number
  cost_usd: number
}

interface DayChartProps {
  /** Only days with calls; the others are drawn as nothing. */
  days: readonly Day[]
  /** How many, today included. */
  count: number
  now: number
}

const DAY_MS = 24 * 3_600_000
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** A bar for each day, by money where there is any, else by tokens. */
export function DayChart({ days, count, now }: DayChartProps) {
  const [at, setAt] = useState<number | null>(null)
  const byDay = new Map(days.map((day) => [day.day, day]))
  const all = Array.from({ length: count }, (_, index) => {
    const day = new Date(now - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10)
    return byDay.get(day) ?? { day, tokens: 0, cost_usd: 0 }
  })
  const inMoney = days.some(({ cost_usd }) => cost_usd > 0)
  const valueOf = (day: Day): number => (inMoney ? day.cost_usd : day.tokens)
  const say = (day: Day): string =>
    `${date.format(Date.parse(day.day))}: ${inMoney ? `${formatUsd(day.cost_usd)}, ` : ''}${formatGrouped(day.tokens)} tokens`
  const most = Math.max(...all.map(valueOf))
  const shown = all[at ?? -1]
  const [first, last] = [all[0], all.at(-1)]
  const top = inMoney ? formatUsd(most) : `${formatCompact(most)} tokens`
  const summary = most === 0 ? 'No tokens counted yet' : `The most in a day: ${top}`
  return (
    <figure>
      <figcaption className="figures flex justify-between text-xs text-muted">
        <span>{shown ? say(shown) : summary}</span>
      </figcaption>
      <div
        role="img"
        aria-label={`Each day of ${count}: ${days.map(say).join('; ') || 'nothing'}`}
        className="mt-2 flex h-24 items-end gap-px border-b border-line sm:gap-0.5"
        onPointerLeave={() => setAt(null)}
      >
        {all.map((day, index) => (
          <div
            key={day.day}
            className="flex h-full flex-1 items-end"
            onPointerEnter={() => setAt(index)}
          >
            <div
              className={`w-full rounded-t-xs ${at === index ? 'bg-accent' : 'bg-series-1'}`}
              style={{
                height: most === 0 ? 0 : `${(valueOf(day) / most) * 100}%`,
                minHeight: valueOf(day) > 0 ? 2 : 0,
              }}
            />
          </div>
        ))}
      </div>
      <div className="figures mt-1 flex justify-between text-xs text-muted">
        <span>{first ? date.format(Date.parse(first.day)) : ''}</span>
        <span>{last ? date.format(Date.parse(last.day)) : ''}</span>
      </div>
    </figure>
  )
}
