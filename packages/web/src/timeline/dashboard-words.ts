import type { Breaker, Dashboard, ServiceLevel, ServiceMode } from '@netra/client'

import { formatDuration, formatNumber } from './format.ts'

/** Two digits where it matters: 99.95 %, but 7 %. A share that is not whole never looks so. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent === 100 || percent === 0) return `${percent} %`
  if (percent > 99.99) return '> 99.99 %'
  const digits = percent >= 99 ? 2 : percent >= 10 ? 1 : 2
  return `${percent.toFixed(digits).replace(/\.?0+$/, '')} %`
}

/** Milliseconds of a server: a digit more than people's durations have. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < 10) return `${ms.toFixed(1).replace(/\.0$/, '')} ms`
  return formatDuration(ms)
}

/** Since when, in its two largest units. */
export function formatUptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (days > 0) return `${days} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}

/** "99 % within 500 ms" */
export const targetWords = ({ objective, within_ms }: ServiceLevel): string =>
  within_ms === null
    ? formatShare(objective)
    : `${formatShare(objective)} within ${formatDuration(within_ms)}`

export function measuredWords(level: ServiceLevel): string {
  if (level.share === null) return 'Nothing yet'
  const of = `of ${formatNumber(level.count)}`
  return `${formatShare(level.share)} ${of}`
}

export const stateWords = ({ state, count }: ServiceLevel): string =>
  state === 'met' ? 'Met' : state === 'missed' ? 'Missed' : count === 0 ? 'No traffic' : 'Too few'

export const BREAKER_STATES: Record<Breaker['state'], string> = {
  CLOSED: 'Closed',
  HALF_OPEN: 'Trying again',
  OPEN: 'Open',
}

const KINDS: Record<string, string> = { model: 'Model', tool: 'Tool', service: 'Service' }
export const breakerKind = (kind: string): string => KINDS[kind] ?? kind

/** What an open breaker means and when it tries again. */
export function breakerWords(breaker: Breaker, now: number): string {
  if (breaker.state === 'CLOSED') {
    return breaker.failure_count === 0
      ? 'Calls go through.'
      : `Calls go through; the last ${breaker.failure_count === 1 ? 'one' : breaker.failure_count} failed.`
  }
  const fails = `${formatNumber(breaker.failure_count)} ${breaker.failure_count === 1 ? 'failure' : 'failures'} in a row`
  if (breaker.state === 'HALF_OPEN') return `${fails}. The next call is a try.`
  const next = breaker.next_attempt_time === null ? null : Date.parse(breaker.next_attempt_time)
  const when =
    next === null || next <= now ? 'with the next call' : `in ${formatDuration(next - now)}`
  return `${fails}. Calls are refused at once; it tries again ${when}.`
}

export const MODES: Record<ServiceMode['level'], { name: string; text: string; banner: string }> = {
  full: { name: 'Everything', text: 'Nothing is held back.', banner: '' },
  no_tools: {
    name: 'No tools',
    text: 'Agents answer without calling tools.',
    banner: 'Agents answer without tools for now, so they cannot look into files or calculate.',
  },
  read_only: {
    name: 'Read only',
    text: 'People read what there is; nothing new is accepted.',
    banner: 'Netra is read-only for now: you can read everything, but not send or change anything.',
  },
  maintenance: {
    name: 'Maintenance',
    text: 'Nobody but administrators gets in.',
    banner: 'Netra is under maintenance for now.',
  },
}

const FAILURES: Record<string, string> = {
  model_auth: 'The model did not accept the key',
  model_refused: 'The model refused the request',
  model_rate_limited: 'The model got too many requests',
  model_stalled: 'The model fell silent',
  model_cut: 'The connection to the model broke',
  tool_failed: 'A tool failed',
  timeout: 'It took too long',
  budget: 'A limit was reached',
  out_of_memory: 'Not enough memory',
  interrupted: 'It was interrupted',
  internal: 'A fault inside Netra',
}

export const failureWords = (code: string): string => FAILURES[code] ?? code

const CHECKS: Record<string, string> = {
  backend: 'Store',
  auth: 'Sign-in',
  frontend: 'Web app',
  disk: 'Disk',
  process: 'Process',
}
export const checkName = (name: string): string => CHECKS[name] ?? name

/** Whether all is well, in one sentence; what is wrong otherwise. */
export function verdictOf(
  { health, service_levels }: Pick<Dashboard, 'health' | 'service_levels'>,
  open: number,
  mode: ServiceMode['level'] = 'full',
): { tone: 'good' | 'warn' | 'bad'; text: string } {
  if (health.status !== 'healthy') {
    return { tone: 'bad', text: health.reasons.join(' ') || 'A health check fails.' }
  }
  const missed = service_levels.filter(({ state }) => state === 'missed')
  const parts = [
    ...(mode === 'full' ? [] : [`in force: ${MODES[mode].name}`]),
    ...(open > 0
      ? [open === 1 ? 'A circuit breaker is open' : `${open} circuit breakers are open`]
      : []),
    ...(missed.length > 0
      ? [`missed in the last hour: ${missed.map(({ name }) => name).join(', ')}`]
      : []),
  ]
  if (parts.length === 0) return { tone: 'good', text: 'Everything works.' }
  const text = parts.join('; ')
  return { tone: 'warn', text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` }
}
