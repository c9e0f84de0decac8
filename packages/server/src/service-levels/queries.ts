import type { Only, ServiceLevel } from './levels.ts'

/** Prometheus' selector of labels: `{end=~"welcome|failed"}`; '' for all. */
function selector(matchers: readonly string[]): string {
  return matchers.length === 0 ? '' : `{${matchers.join(',')}}`
}

const matchersOf = (only: Only): string[] =>
  Object.entries(only).map(([label, values]) => `${label}=~${JSON.stringify(values.join('|'))}`)

const routeMatchers = (routes: readonly string[] | undefined): string[] =>
  routes === undefined ? [] : [`route=~${JSON.stringify(`(${routes.join('|')}).*`)}`]

const rate = (metric: string, matchers: readonly string[], window: string): string =>
  `sum(rate(${metric}${selector(matchers)}[${window}]))`

/** PromQL of the share that was good over a window, as `5m`; without a value while there was nothing. */
export function goodShare({ source }: ServiceLevel, window: string): string {
  if (source.kind === 'share') {
    const good = rate(source.metric, matchersOf(source.good), window)
    return `${good} / ${rate(source.metric, matchersOf(source.of), window)}`
  }
  const routes = routeMatchers(source.routes)
  const good = rate(`${source.metric}_bucket`, [...routes, `le="${source.withinMs}"`], window)
  return `${good} / ${rate(`${source.metric}_count`, routes, window)}`
}

/** PromQL of the value that a share of all does not exceed; undefined for what is no duration. */
export function quantileQuery(level: ServiceLevel, window: string): string | undefined {
  const { source, objective } = level
  if (source.kind !== 'duration') return undefined
  const matchers = selector(routeMatchers(source.routes))
  return `histogram_quantile(${objective}, sum by (le) (rate(${source.metric}_bucket${matchers}[${window}])))`
}
