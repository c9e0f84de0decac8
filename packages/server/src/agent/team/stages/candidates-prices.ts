import type { BatchOffer, Substitute, Substitution } from '../../tools/workload/schemas.ts'
import type { Case } from '../case.ts'
import { say, shareText, usdText, type Called } from '../facts.ts'
import { callOf, shareOf, totalCost, type Candidate } from './candidate.ts'
import { confidenceOf } from './confidence.ts'

const nameOf = ({ model }: Substitute): string => model

/** Everything on another model: the named ones, or the best of low risk and the best of any. */
export function substitutionCandidates(on: Case): Candidate[] {
  const { substitution, shortRequests } = on.options
  const isNamed = on.triage.result.candidates.length > 0
  const whole = substitution
    ? chosen(substitution.result.options, isNamed).flatMap((option) =>
        substituting(on, substitution, option, 'all'),
      )
    : []
  const short = shortRequests
    ? chosen(shortRequests.result.options, isNamed)
        .toSorted(
          (a, b) => Number(b.quality_risk === 'medium') - Number(a.quality_risk === 'medium'),
        )
        .slice(0, 1)
        .flatMap((option) => substituting(on, shortRequests, option, 'short'))
    : []
  return [...whole, ...short]
}

function chosen(options: readonly Substitute[], isNamed: boolean): Substitute[] {
  const saving = options.filter(({ saving_usd: usd }) => usd > 0)
  if (isNamed) return saving.slice(0, 4)
  const careful = saving.find(({ quality_risk: risk }) => risk === 'none' || risk === 'low')
  const medium = saving.find(({ quality_risk: risk }) => risk === 'medium')
  const best = [careful, medium, saving[0]].filter((option) => option !== undefined)
  return [...new Set(best)]
}

function substituting(
  on: Case,
  called: Called<Substitution>,
  option: Substitute,
  part: 'all' | 'short',
): Candidate[] {
  const total = totalCost(on)
  if (!total) return []
  const { slice } = called.result
  const facts = on.facts.of(called)
  const model = nameOf(option)
  const moved = part === 'all' ? 'all requests' : 'the short requests'
  const before = facts.usd(`cost of ${moved} now`, slice.cost_usd, 'slice.cost_usd')
  const after = facts.usd(`cost of ${moved} on ${model}`, option.cost_usd, 'cost_usd')
  const requests = facts.count(`requests that move (${moved})`, slice.requests, 'slice.requests')
  const saving = on.facts.derived(
    {
      what: `saving with ${moved} on ${model}`,
      value: option.saving_usd,
      text: usdText(option.saving_usd),
    },
    `${before.text} (${before.id}) − ${after.text} (${after.id}), before rounding`,
    callOf(called),
  )
  const share = shareOf(on, saving, total)
  const tooLong = option.requests_beyond_context
  const beyond =
    tooLong === null
      ? []
      : [
          facts.count(
            `requests that do not fit into the context of ${model}`,
            tooLong,
            'requests_beyond_context',
          ),
        ]
  const all = say`Move ${moved} (${requests}) to ${model} of ${option.provider}: ${after} instead of ${before}, ${share} of the whole cost less.`
  const change = option.latency.change_ms
  const latency =
    change === null
      ? `not measurable from these data: ${option.latency.why.replace(/^not measurable from these data: /i, '')}`
      : `${change > 0 ? '+' : ''}${Math.round(change)} ms at the median: ${option.latency.why}`
  return [
    {
      id: `${part === 'all' ? 'substitute' : 'route-short'}:${option.provider}/${model}`,
      title: part === 'all' ? `Move the workload to ${model}` : `Send short requests to ${model}`,
      what: `${all.text}${part === 'short' ? ` Short: ${slice.where}.` : ''}`,
      saving: { usd: option.saving_usd, share: share.value, fact: saving },
      latencyChangeMs: change,
      latency,
      risk: option.quality_risk,
      quality: `${option.quality_reason} Quality is not measurable from these data: compare answers before you move.`,
      assumptions: [
        'The other model needs as many tokens for the same work; another tokeniser counts differently.',
        `List prices of the catalogue ${called.result.catalogue.package} ${called.result.catalogue.version}, without discounts of your own.`,
        ...(beyond[0] && beyond[0].value > 0
          ? [
              `${beyond[0].text} requests do not fit into its context window and stay where they are, or are shortened.`,
            ]
          : []),
      ],
      ...confidenceOf(on, { risk: option.quality_risk }),
      facts: [...new Set([...all.facts, saving.id, total.id, ...beyond.map(({ id }) => id)])],
    },
  ]
}

/** What can wait a day, at the provider's published discount. */
export function batchCandidate(on: Case): Candidate[] {
  const { batch } = on.options
  const total = totalCost(on)
  if (!batch || !total) return []
  const { deferrable, everything, offers, assumptions } = batch.result
  const isSome = deferrable.requests > 0 && deferrable.saving_usd > 0
  const part = isSome ? deferrable : everything
  if (!(part.saving_usd > 0)) return []
  const facts = on.facts.of(batch)
  const scope = isSome ? 'what looks deferrable' : 'everything that a batch price covers'
  const requests = facts.count(`requests of ${scope}`, part.requests, 'deferrable.requests')
  const cost = facts.usd(`cost of ${scope}`, part.cost_usd, 'deferrable.cost_usd')
  const [first] = offersFor(on, offers)
  const discount = first?.discount
  const saving = on.facts.derived(
    {
      what: `saving by batch prices on ${scope}`,
      value: part.saving_usd,
      text: usdText(part.saving_usd),
    },
    discount === undefined
      ? (batch.result.formula['saving_usd'] ?? 'cost × discount')
      : `${cost.text} (${cost.id}) × ${shareText(discount)}, the published discount`,
    callOf(batch),
  )
  const share = shareOf(on, saving, total)
  const said = say`Send ${scope} through the batch interface: ${requests} requests that cost ${cost}; ${share} of the whole cost less.`
  return [
    {
      id: 'batch',
      title: isSome
        ? 'Send what can wait through the batch interface'
        : 'Find out what can wait, and send it through the batch interface',
      what: said.text,
      saving: { usd: part.saving_usd, share: share.value, fact: saving },
      latencyChangeMs: null,
      latency: `answers come within ${first?.answered_within ?? 'a day'} instead of at once: only for requests nobody waits for`,
      risk: 'none',
      quality: 'The same model answers.',
      assumptions: [
        ...(isSome
          ? assumptions
          : [
              ...assumptions.filter((each) => !each.startsWith('Nobody said what can wait')),
              'Nothing in the data says which requests can wait: all of them are counted, so this is the most it can be.',
            ]),
        ...offersFor(on, offers).map(
          (offer) =>
            `${offer.provider}: ${shareText(offer.discount)} off (${offer.source}, read on ${offer.read_on}).`,
        ),
      ],
      ...confidenceOf(on, 'batch'),
      facts: [...new Set([...said.facts, saving.id, total.id])],
    },
  ]
}

/** Of the providers whose prices are used; all, where these have none. */
function offersFor({ findings }: Case, offers: readonly BatchOffer[]): readonly BatchOffer[] {
  const used = new Set(findings.drivers?.result.pricing.models.map(({ provider }) => provider))
  const own = offers.filter(({ provider }) => used.has(provider))
  return own.length > 0 ? own : offers.slice(0, 3)
}
