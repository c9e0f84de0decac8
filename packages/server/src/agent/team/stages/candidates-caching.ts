import type { Case } from '../case.ts'
import { say, usdText } from '../facts.ts'
import { callOf, shareOf, totalCost, type Candidate } from './candidate.ts'
import { confidenceOf } from './confidence.ts'

/** Prompts that begin alike, and prompts that come again. */
export function cachingCandidates(on: Case): Candidate[] {
  return [...prefixCandidate(on), ...answerCandidate(on)]
}

function prefixCandidate(on: Case): Candidate[] {
  const { reuse } = on.findings
  const total = totalCost(on)
  const saved = reuse?.result.saving
  const cache = reuse?.result.prefix_cache?.caches.at(-1)
  if (!reuse || !total || !saved || !cache || !(saved.saving_usd > 0)) return []
  const facts = on.facts.of(reuse)
  const tokens = facts.count(
    'input tokens that a prefix cache would hold',
    cache.reusable_input_tokens,
    'reusable_input_tokens',
  )
  const part = facts.share(
    'share of input tokens that a prefix cache would hold',
    cache.share_of_input_tokens,
    'share_of_input_tokens',
  )
  const full = facts.usd(
    'price of a million input tokens',
    saved.input_usd_per_million,
    'input_usd_per_million',
  )
  const cached = facts.usd(
    'price of a million cached input tokens',
    saved.cached_input_usd_per_million,
    'cached_input_usd_per_million',
  )
  const saving = on.facts.derived(
    { what: 'saving by prefix caching', value: saved.saving_usd, text: usdText(saved.saving_usd) },
    `${tokens.text} (${tokens.id}) × (${full.text} (${full.id}) − ${cached.text} (${cached.id})) ÷ 1,000,000`,
    callOf(reuse),
  )
  const share = shareOf(on, saving, total)
  const said = say`Keep the parts that prompts share at their beginning, so that the provider’s prompt cache holds them: ${tokens} input tokens (${part}) come again; ${share} of the whole cost less.`
  return [
    {
      id: 'prefix-cache',
      title: 'Use prompt caching for shared beginnings',
      what: said.text,
      saving: { usd: saved.saving_usd, share: share.value, fact: saving },
      latencyChangeMs: null,
      latency:
        'the first token comes sooner where the cache holds the prompt; by how much is not measurable from these data',
      risk: 'none',
      quality: 'The same model reads the same prompt.',
      assumptions: [
        cache.capacity_blocks === null && cache.ttl_seconds === null
          ? 'The cache forgets nothing within the period of the data; a real one forgets after minutes to an hour.'
          : 'The cache is as large and forgets as told.',
        'Writing to the cache costs nothing extra; some providers charge for it.',
      ],
      ...confidenceOf(on, 'prefix_cache'),
      facts: [...new Set([...said.facts, full.id, cached.id, saving.id, total.id])],
    },
  ]
}

function answerCandidate(on: Case): Candidate[] {
  const { reuse } = on.findings
  const total = totalCost(on)
  const repeated = reuse?.result.repeated_prompts
  if (!reuse || !total || !repeated?.cost_usd || !(repeated.cost_usd > 0)) return []
  const facts = on.facts.of(reuse)
  const requests = facts.count(
    'requests whose prompt had come before',
    repeated.repeated_requests,
    'repeated_requests',
  )
  const saving = facts.usd(
    'cost of requests whose prompt had come before',
    repeated.cost_usd,
    'repeated_prompts.cost_usd',
  )
  const share = shareOf(on, saving, total)
  const said = say`Keep the answers of prompts that come again: ${requests} requests repeat a prompt word for word and cost ${saving}, ${share} of the whole cost.`
  return [
    {
      id: 'answer-cache',
      title: 'Keep answers to repeated prompts',
      what: said.text,
      saving: { usd: repeated.cost_usd, share: share.value, fact: saving },
      latencyChangeMs: null,
      latency: 'kept answers come at once; by how much sooner is not measurable from these data',
      risk: 'low',
      quality: 'The same prompt gets the same answer; wrong where an answer must be new each time.',
      assumptions: ['Every repeated prompt may get the answer it got before.'],
      ...confidenceOf(on, 'answer_cache'),
      facts: [...new Set([...said.facts, saving.id, total.id])],
    },
  ]
}
