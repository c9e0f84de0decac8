/** Where the line of a small chart goes; a gap where there was nothing to measure. */
export interface SparkLine {
  /** `d` of the line, one `M` for each unbroken stretch. */
  line: string
  /** `d` of the surface under it. */
  area: string
  /** Stretches of one value alone have no line: they are dots. */
  dots: { x: number; y: number }[]
  least: number
  most: number
  last: number | null
}

interface Size {
  width: number
  height: number
}

interface Place {
  x: number
  y: number
}

const PADDING = 2

/** From 0 to the largest value, so that a quiet hour looks quiet. */
export function sparkLine(
  values: readonly (number | null)[],
  { width, height }: Size,
): SparkLine | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  const most = Math.max(...known)
  const step = width / Math.max(1, values.length - 1)
  const floor = height - 1
  const yOf = (value: number): number =>
    most <= 0 ? floor : floor - (Math.max(0, value) / most) * (floor - PADDING)
  const stretches: Place[][] = [[]]
  values.forEach((value, index) => {
    if (value === null) stretches.push([])
    else stretches.at(-1)?.push({ x: round(index * step), y: round(yOf(value)) })
  })
  const lines = stretches.filter((places) => places.length > 1)
  return {
    line: lines.map(pathOf).join(''),
    area: lines.map((places) => areaOf(places, height)).join(''),
    dots: stretches.flatMap((places) => (places.length === 1 ? places : [])),
    least: Math.min(...known),
    most,
    last: values.at(-1) ?? null,
  }
}

const round = (value: number): number => Math.round(value * 10) / 10

const pathOf = (places: readonly Place[]): string =>
  places.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')

const areaOf = (places: readonly Place[], height: number): string =>
  `${pathOf(places)}L${places.at(-1)?.x ?? 0} ${height}L${places[0]?.x ?? 0} ${height}Z`
