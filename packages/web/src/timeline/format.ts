const grouped = new Intl.NumberFormat('en-US', { useGrouping: 'min2', maximumFractionDigits: 4 })
const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 })

/** A number as people read it: 12,345.68, but 2024 stays a year. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size !== 0 && size < 0.01 ? small.format(value) : grouped.format(value)
}

const always = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 })

/** A number of a column in which some are large: all are grouped, so that digits line up. */
export const formatGrouped = (value: number): string =>
  Math.abs(value) >= 1000 ? always.format(value) : formatNumber(value)

/** For the edge of a chart: 1.2M instead of 1,200,000. */
export const formatCompact = (value: number): string =>
  Math.abs(value) >= 10_000 ? compact.format(value) : formatNumber(value)

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB']
  let size = bytes / 1000
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit] ?? ''}`
}

const cents = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
})

/** Cents need two digits, a fraction of a cent two significant ones. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0.00'
  if (usd >= 0.1) return cents.format(usd)
  return `$${usd.toFixed(Math.min(8, Math.max(4, 1 - Math.floor(Math.log10(usd)))))}`
}

export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${grouped.format(count)} ${count === 1 ? one : many}`

const DAY_MS = 86_400_000
const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0)

/** The heading under which a time is listed, seen from `now`, in the reader's own days. */
export function dayGroup(time: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(time)) / DAY_MS)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days < 7) return 'Previous 7 days'
  if (days < 30) return 'Previous 30 days'
  return new Date(time).toLocaleDateString('en', { month: 'long', year: 'numeric' })
}
