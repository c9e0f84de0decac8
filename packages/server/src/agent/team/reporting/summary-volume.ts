import { escapeMarkdown } from '../../model/builtin/phrase/format.ts'
import type { Covered } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { countText, joined, say, shareText, usdText, type Called, type Said } from '../facts.ts'
import { callOf } from '../stages/candidate.ts'
import { timeOf } from '../stages/data.ts'
import { humanTime } from './human-time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/** How much there is, of which period, and which part of tokens and of cost is output. */
export function volume(on: Case): Said[] {
  const { profile } = on.findings
  if (!profile) return []
  const sides = [side(on, 'input'), side(on, 'output')].filter((said) => said !== undefined)
  const held = joined([requestsSaid(on, profile), ...period(on)])
  const tokens = joined(sides, ' and ')
  return [
    {
      text: `${held.text}${sides.length > 0 ? ` with ${tokens.text}` : ''}.`,
      facts: [...held.facts, ...tokens.facts],
    },
  ]
}

/** Rows that do not count their requests are said as what they are. */
function requestsSaid(on: Case, called: NonNullable<Case['findings']['profile']>): Said {
  const { total, covered } = called.result
  const from = on.facts.of(called)
  const scope = scopeWords(on)
  const uncounted = covered.uncounted_rows ?? 0
  const rows = from.count('rows that do not count their requests', uncounted, 'uncounted_rows')
  if (total.requests === null)
    return say`How many requests there were is not measurable: the files do not count them. They hold ${rows} rows${scope}`
  const requests = from.count('requests', total.requests, 'requests')
  return uncounted === 0
    ? say`The data hold ${requests} requests${scope}`
    : say`The data hold ${requests} requests${scope}, and ${rows} rows that do not count theirs,`
}

/** Whose requests the question is about; '' for everybody's. */
export function scopeWords({ triage }: Case): string {
  const named = Object.entries(triage.result.data.named).map(
    ([column, values]) =>
      `${column.replace('_', ' ')} is ${values.map(escapeMarkdown).join(' or ')}`,
  )
  return named.length === 0 ? '' : ` where ${named.join(' and ')}`
}

function side(on: Case, of: 'input' | 'output'): Said | undefined {
  const { profile } = on.findings
  const total = profile?.result.total
  const tokens = total?.[`${of}_tokens`]
  if (!profile || !total || tokens === null || tokens === undefined) return undefined
  const from = on.facts.of(profile)
  const said = say`${from.count(`${of} tokens`, tokens, `${of}_tokens`)} ${of} tokens`
  const all = (total.input_tokens ?? 0) + (total.output_tokens ?? 0)
  if (total.input_tokens === null || total.output_tokens === null || all === 0) return said
  const share = on.facts.derived(
    { what: `${of} tokens, share of tokens`, value: tokens / all, text: shareText(tokens / all) },
    `${of}_tokens ÷ (input_tokens + output_tokens)`,
    callOf(profile),
  )
  const cost = costShare(on, of)
  const shares = cost
    ? say`(${share} of the tokens, ${cost} of the cost)`
    : say`(${share} of the tokens)`
  return joined([said, shares])
}

/** What is written to a cache or read from it is input too. */
function costShare({ findings, facts }: Case, of: 'input' | 'output') {
  const { drivers } = findings
  const parts = drivers?.result.parts
  if (!drivers || !parts) return undefined
  const wanted = of === 'output' ? ['output'] : ['input', 'cached_input', 'cache_write']
  const value = parts
    .filter(({ part }) => wanted.includes(part))
    .reduce((sum, { share_of_cost: share }) => sum + share, 0)
  return facts.derived(
    { what: `${of} tokens, share of cost`, value, text: shareText(value) },
    `sum of parts.share_of_cost of ${wanted.join(', ')}`,
    callOf(drivers),
  )
}

function period({ findings, facts }: Case): Said[] {
  const { profile } = findings
  const span = profile && spanOf(profile.result.covered)
  if (!profile || !span) return []
  return [
    joined([
      say`in`,
      spanSaid(facts, profile, span.ms),
      say`(${periodText(profile.result.covered) ?? ''})`,
    ]),
  ]
}

function spanSaid(facts: Case['facts'], called: Called<unknown>, ms: number): Said {
  const [unit, value] = inUnits(ms)
  const fact = facts.derived(
    { what: `${unit} between the first and the last request`, value, text: countText(value) },
    'covered.to − covered.from',
    callOf(called),
  )
  return say`${fact} ${value === 1 ? unit.slice(0, -1) : unit}`
}

const inUnits = (ms: number) =>
  ms < 2 * HOUR_MS
    ? (['minutes', Math.round(ms / MINUTE_MS)] as const)
    : ms < 2 * DAY_MS
      ? (['hours', Number((ms / HOUR_MS).toFixed(1))] as const)
      : (['days', Number((ms / DAY_MS).toFixed(1))] as const)

const MONTH_DAYS = 30
const ASKS_MONTH = /\b(?:month(?:s|ly)?|30 days)\b/i

/** What the cost comes to at the same pace: of an hour and a day, and where a month is asked, of one. */
export function pace({ findings, facts, triage }: Case): Said[] {
  const { drivers } = findings
  if (!drivers) return []
  const asksMonth = ASKS_MONTH.test(triage.result.question)
  const { covered } = drivers.result
  const span = spanOf(covered)
  if (!span)
    return asksMonth
      ? [
          say`What a month costs is not measurable from these data: ${covered.clocks_differ ? 'the files have no clock, and so no period, in common' : 'they do not say how long the requests took to come in'}.`,
        ]
      : []
  if (!asksMonth && span.ms >= DAY_MS) return []
  const of = (unit: string, ms: number) => {
    const value = (drivers.result.total.cost_usd * ms) / span.ms
    return facts.derived(
      { what: `cost of ${unit} at this pace`, value, text: usdText(value) },
      `total.cost_usd × ${ms / 1000} s ÷ ${span.ms / 1000} s between the first and the last request`,
      callOf(drivers),
    )
  }
  const length = spanSaid(facts, drivers, span.ms)
  const short = span.ms < WEEK_MS ? '; less than a week need not be like the rest of a month' : ''
  return [
    ...(span.ms < DAY_MS
      ? [
          say`At this pace that is ${of('an hour', HOUR_MS)} an hour, or ${of('a day', DAY_MS)} a day.`,
        ]
      : []),
    ...(asksMonth
      ? [
          joined([
            say`A month would cost **${of(`${MONTH_DAYS} days`, MONTH_DAYS * DAY_MS)}**: a projection that assumes the pace of these`,
            length,
            say`for ${String(MONTH_DAYS)} days, day and night${short}.`,
          ]),
        ]
      : []),
  ]
}

/** Less than a minute is no period to speak of. */
function spanOf({ from, to }: Covered): { ms: number } | undefined {
  if (from === null || to === null) return undefined
  const ms = timeOf(to) - timeOf(from)
  return ms >= MINUTE_MS ? { ms } : undefined
}

/** The time that savings are for, as it stands behind “for the period of the data,”; undefined without one. */
export function savingPeriod(covered: Covered): string | undefined {
  if (!covered.relative) return periodText(covered) ?? undefined
  const span = spanOf(covered)
  if (!span) return undefined
  const [unit, value] = inUnits(span.ms)
  return `${countText(value)} ${value === 1 ? unit.slice(0, -1) : unit} of which no day is known`
}

/** `2023-11-16 18:15 to 19:14 UTC`; null where there are no times. */
export function periodText(covered: Covered): string | null {
  if (covered.from === null || covered.to === null) return null
  if (covered.relative) return 'the times are relative and name no day'
  const [from, to] = [covered.from, covered.to].map(humanTime)
  const isSameDay = from?.slice(0, 10) === to?.slice(0, 10)
  return `${from} to ${isSameDay ? to?.slice(11) : to} UTC`
}
