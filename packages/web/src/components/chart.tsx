import {
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
} from 'react'

import {
  chartModel,
  shorten,
  type ChartModel,
  type ChartPoint,
  type Tick,
} from '../timeline/chart-model.ts'
import type { Exhibit } from '../timeline/run-view.ts'
import { DataTable } from './data-table.tsx'

const STROKES = [
  'stroke-series-1',
  'stroke-series-2',
  'stroke-series-3',
  'stroke-series-4',
  'stroke-series-5',
  'stroke-series-6',
  'stroke-series-7',
  'stroke-series-8',
]
const FILLS = [
  'fill-series-1',
  'fill-series-2',
  'fill-series-3',
  'fill-series-4',
  'fill-series-5',
  'fill-series-6',
  'fill-series-7',
  'fill-series-8',
]
const SWATCHES = [
  'bg-series-1',
  'bg-series-2',
  'bg-series-3',
  'bg-series-4',
  'bg-series-5',
  'bg-series-6',
  'bg-series-7',
  'bg-series-8',
]

const CHARACTER = 6.4
/** Above the plot stands what the numbers beside it are, below it what those along it are. */
const TOP = 26
const BOTTOM = 42
const RIGHT = 12
/** From one line of a label to the next. */
const LINE = 13

interface Plot {
  left: number
  width: number
  height: number
  /** Below the plot. */
  bottom: number
  x: (share: number) => number
  y: (share: number) => number
}

function useWidth() {
  const [element, setElement] = useState<HTMLElement | null>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [element])
  return { setElement, width }
}

const linesOf = ({ label }: Tick): string[] => label.split('\n')

function plotOf(model: ChartModel, width: number): Plot {
  const longest = model.yTicks.reduce((most, tick) => Math.max(most, tick.label.length), 1)
  const left = Math.ceil(longest * CHARACTER) + 12
  const outer = Math.round(Math.min(296, Math.max(216, width * 0.42)))
  const inner = { width: Math.max(40, width - left - RIGHT), height: outer - TOP - BOTTOM }
  const lines = model.xTicks.reduce((most, tick) => Math.max(most, linesOf(tick).length), 1)
  return {
    left,
    width: inner.width,
    height: inner.height,
    bottom: BOTTOM + (lines - 1) * LINE,
    x: (share) => left + share * inner.width,
    y: (share) => TOP + (1 - share) * inner.height,
  }
}

/** A chart with its title, legend and, on request, its numbers as a table. */
export function Chart({ exhibit }: { exhibit: Exhibit }) {
  const { setElement, width } = useWidth()
  const [asTable, setAsTable] = useState(false)
  const { chart, table } = exhibit
  const model = useMemo(
    () => chartModel(chart, Math.max(20, (width - 60) / CHARACTER)),
    [chart, width],
  )
  return (
    <figure className="appear rounded-lg border border-line bg-raised px-3 pt-3 pb-2 sm:px-4">
      <figcaption className="mb-2 flex items-start justify-between gap-3">
        <span className="font-medium wrap-anywhere">{chart.chart.title}</span>
        <button
          type="button"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
          className="touch shrink-0 rounded-sm text-sm text-muted hover:text-ink print:hidden"
        >
          {asTable ? 'Show chart' : 'Show table'}
        </button>
      </figcaption>
      {model.series.length > 1 && !asTable ? <Legend series={model.series} /> : null}
      <div ref={setElement}>
        {asTable ? <DataTable table={table} label={chart.chart.title} /> : null}
        {!asTable && width > 0 ? <Drawing model={model} width={width} /> : null}
        {!asTable && width === 0 ? <div className="h-60" /> : null}
      </div>
      {chart.truncated && !asTable ? (
        <p className="pt-1 text-xs text-muted">
          Drawn from {model.points.length} of {table.total} rows.
        </p>
      ) : null}
    </figure>
  )
}

function Legend({ series }: { series: readonly string[] }) {
  return (
    <ul className="mb-1 flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
      {series.map((name, index) => (
        <li key={name} className="flex items-center gap-1.5">
          <span className={`size-2 rounded-full ${SWATCHES[index % SWATCHES.length] ?? ''}`} />
          {name}
        </li>
      ))}
    </ul>
  )
}

function nearest(points: readonly ChartPoint[], share: number): number {
  let best = 0
  for (const [index, point] of points.entries()) {
    if (Math.abs(point.x - share) < Math.abs((points[best]?.x ?? 0) - share)) best = index
  }
  return best
}

const KEYS: Record<string, (index: number, count: number) => number> = {
  ArrowRight: (index, count) => Math.min(count - 1, index + 1),
  ArrowLeft: (index) => Math.max(0, index - 1),
  Home: () => 0,
  End: (_, count) => count - 1,
}

function Drawing({ model, width }: { model: ChartModel; width: number }) {
  const [active, setActive] = useState<number | null>(null)
  const svg = useRef<SVGSVGElement>(null)
  const title = useId()
  const plot = plotOf(model, width)
  const height = plot.height + TOP + plot.bottom
  const point = active === null ? undefined : model.points[active]
  const onPointer = (event: PointerEvent) => {
    const left = svg.current?.getBoundingClientRect().left ?? 0
    setActive(nearest(model.points, (event.clientX - left - plot.left) / plot.width))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = KEYS[event.key]
    if (!move || model.points.length === 0) return
    event.preventDefault()
    setActive(active === null ? 0 : move(active, model.points.length))
  }
  return (
    <div className="relative">
      <svg
        ref={svg}
        width={width}
        height={height}
        role="img"
        aria-labelledby={title}
        tabIndex={0}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => setActive(null)}
        onBlur={() => setActive(null)}
        onKeyDown={onKeyDown}
        className="block touch-pan-y rounded-sm select-none"
      >
        <title id={title}>{`${model.description} Arrow keys read single values.`}</title>
        <Axes model={model} plot={plot} />
        {point && model.kind !== 'bar' ? (
          <line
            className="stroke-line-strong"
            x1={plot.x(point.x)}
            x2={plot.x(point.x)}
            y1={plot.y(0)}
            y2={plot.y(1)}
          />
        ) : null}
        <Marks model={model} plot={plot} active={active} />
      </svg>
      {point ? <Tooltip model={model} point={point} plot={plot} width={width} /> : null}
      <p className="sr-only" role="status">
        {point ? `${point.label}: ${readOut(model, point)}` : ''}
      </p>
    </div>
  )
}

const readOut = (model: ChartModel, point: ChartPoint): string =>
  model.series.map((name, index) => `${name} ${point.values[index] ?? ''}`).join(', ')

function Axes({ model, plot }: { model: ChartModel; plot: Plot }) {
  return (
    <g className="figures fill-muted text-2xs">
      {model.yTicks.map((tick) => (
        <g key={tick.at}>
          <line
            className={tick.at === model.baseline ? 'stroke-line-strong' : 'stroke-line'}
            x1={plot.left}
            x2={plot.left + plot.width}
            y1={plot.y(tick.at)}
            y2={plot.y(tick.at)}
            shapeRendering="crispEdges"
          />
          <text x={plot.left - 8} y={plot.y(tick.at)} dy="0.32em" textAnchor="end">
            {tick.label}
          </text>
        </g>
      ))}
      {model.yTitle === '' ? null : (
        <text x={0} y={11} className="fill-soft">
          {model.yTitle}
        </text>
      )}
      {model.xTitle === '' ? null : (
        <text
          x={plot.left + plot.width / 2}
          y={plot.y(0) + plot.bottom - 8}
          textAnchor="middle"
          className="fill-soft"
        >
          {model.xTitle}
        </text>
      )}
      {model.xTicks.map((tick) => (
        <text
          key={tick.at}
          x={plot.x(tick.at)}
          y={plot.y(0) + 18}
          textAnchor={tick.at < 0.03 ? 'start' : tick.at > 0.97 ? 'end' : 'middle'}
        >
          {linesOf(tick).map((line, at) => (
            <tspan key={at} x={plot.x(tick.at)} dy={at === 0 ? 0 : LINE}>
              {line}
            </tspan>
          ))}
        </text>
      ))}
    </g>
  )
}

function Marks(props: { model: ChartModel; plot: Plot; active: number | null }) {
  if (props.model.kind === 'bar') return <Bars {...props} />
  if (props.model.kind === 'scatter') return <Dots {...props} />
  return <Lines {...props} />
}

type MarksProps = Parameters<typeof Marks>[0]

function Bars({ model, plot, active }: MarksProps) {
  const group = model.band * plot.width
  const gap = group > 8 ? group * 0.24 : group > 3 ? 1 : 0
  const bar = Math.max(1, Math.min(56, group - gap) / model.series.length)
  const zero = plot.y(model.baseline)
  return model.points.map((point, index) => (
    <g key={index} opacity={active === null || active === index ? 1 : 0.45}>
      {point.y.map((value, series) => {
        if (value === null) return null
        const top = plot.y(value)
        const left = plot.x(point.x) + (series - model.series.length / 2) * bar
        return (
          <rect
            key={series}
            className={FILLS[series % FILLS.length]}
            x={left}
            y={Math.min(top, zero)}
            width={Math.max(1, bar - (model.series.length > 1 && bar > 4 ? 1 : 0))}
            height={Math.max(0.5, Math.abs(zero - top))}
            rx={bar > 8 ? 2 : 0}
          />
        )
      })}
    </g>
  ))
}

function Dots({ model, plot, active }: MarksProps) {
  return model.points.map((point, index) =>
    point.y.map((value, series) =>
      value === null ? null : (
        <circle
          key={`${index}-${series}`}
          className={FILLS[series % FILLS.length]}
          cx={plot.x(point.x)}
          cy={plot.y(value)}
          r={active === index ? 4.5 : 2.5}
          opacity={active === index ? 1 : 0.6}
        />
      ),
    ),
  )
}

/** The pieces of a line: it breaks where there is no value. */
function piecesOf(points: readonly ChartPoint[], series: number): { x: number; y: number }[][] {
  const pieces: { x: number; y: number }[][] = [[]]
  for (const point of points) {
    const y = point.y[series]
    if (y === null || y === undefined) pieces.push([])
    else pieces.at(-1)?.push({ x: point.x, y })
  }
  return pieces.filter((piece) => piece.length > 0)
}

function Lines({ model, plot, active }: MarksProps) {
  const zero = plot.y(model.baseline)
  const few = model.points.length <= 24
  return model.series.map((name, series) => {
    const pieces = piecesOf(model.points, series)
    const paths = pieces.map((piece) =>
      piece.map((at) => `${plot.x(at.x).toFixed(1)},${plot.y(at.y).toFixed(1)}`),
    )
    const activeY = active === null ? null : model.points[active]?.y[series]
    return (
      <g key={name}>
        {model.kind === 'area'
          ? paths.map((path, index) => (
              <path
                key={index}
                className={FILLS[series % FILLS.length]}
                opacity={0.16}
                d={`M${plot.x(pieces[index]?.[0]?.x ?? 0)},${zero} L${path.join(' L')} L${plot.x(
                  pieces[index]?.at(-1)?.x ?? 0,
                )},${zero} Z`}
              />
            ))
          : null}
        {paths.map((path, index) => (
          <polyline
            key={index}
            className={STROKES[series % STROKES.length]}
            fill="none"
            strokeWidth={model.points.length > 400 ? 1.25 : 1.75}
            strokeLinejoin="round"
            strokeLinecap="round"
            points={path.join(' ')}
          />
        ))}
        {model.points.map((point, index) => {
          const y = point.y[series]
          if (y === null || y === undefined || (!few && index !== active)) return null
          return (
            <circle
              key={index}
              className={FILLS[series % FILLS.length]}
              cx={plot.x(point.x)}
              cy={plot.y(y)}
              r={index === active && activeY !== null ? 4 : 2.25}
            />
          )
        })}
      </g>
    )
  })
}

interface TooltipProps {
  model: ChartModel
  point: ChartPoint
  plot: Plot
  width: number
}

function Tooltip({ model, point, plot, width }: TooltipProps) {
  const x = plot.x(point.x)
  const isRight = x > width / 2
  return (
    <div
      aria-hidden="true"
      className="figures pointer-events-none absolute top-1 z-10 max-w-56 rounded-md border border-line bg-paper px-2.5 py-1.5 text-xs shadow-float"
      style={isRight ? { right: width - x + 10 } : { left: x + 10 }}
    >
      <div className="mb-0.5 text-muted">{shorten(point.label, 40)}</div>
      {model.series.map((name, index) => (
        <div key={name} className="flex items-center gap-1.5">
          <span
            className={`size-2 shrink-0 rounded-full ${SWATCHES[index % SWATCHES.length] ?? ''}`}
          />
          <span className="min-w-0 flex-1 truncate text-soft">{name}</span>
          <span className="font-medium">{point.values[index]}</span>
        </div>
      ))}
    </div>
  )
}
