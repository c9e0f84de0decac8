import { useMemo } from 'react'

import { sparkLine } from '../timeline/spark-line.ts'

const WIDTH = 160
const HEIGHT = 36

interface SparklineProps {
  values: readonly (number | null)[]
  /** What it shows, for who cannot see it: "Open sockets". */
  name: string
  /** A value in words. */
  say: (value: number) => string
  tone?: 'plain' | 'bad'
}

/** The course of one number, without axes; what it says stands in words beside it. */
export function Sparkline({ values, name, say, tone = 'plain' }: SparklineProps) {
  const chart = useMemo(() => sparkLine(values, { width: WIDTH, height: HEIGHT }), [values])
  if (!chart)
    return <div aria-hidden="true" style={{ height: HEIGHT }} className="border-b border-line" />
  const now = chart.last === null ? 'nothing now' : `now ${say(chart.last)}`
  const color = tone === 'bad' ? 'text-danger' : 'text-series-1'
  return (
    <svg
      role="img"
      aria-label={`${name}: between ${say(chart.least)} and ${say(chart.most)}, ${now}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={`block w-full border-b border-line ${color}`}
      style={{ height: HEIGHT }}
    >
      <path d={chart.area} fill="currentColor" opacity="0.13" />
      <path
        d={chart.line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
      {chart.dots.map(({ x, y }) => (
        <path
          key={x}
          d={`M${x} ${y}h0.01`}
          stroke="currentColor"
          strokeWidth="3"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  )
}
