import type { z } from 'zod'

import type { Clock } from '../../../platform/clock.ts'
import type { Workloads } from '../../workload/workloads.ts'
import type { ModelPrices } from '../data/catalogue.ts'
import type { Tool } from '../tool.ts'
import { numberOf, shareOf } from './money.ts'
import { prefixReuse, type Reuse } from './prefix-reuse.ts'
import { knownModel, namedModels } from './pricing.ts'
import { repeatedPrompts } from './repeated-prompts.ts'
import { reuseSaving } from './reuse-saving.ts'
import { promptReuseInput, type NotMeasurable, type PromptReuse } from './schemas.ts'
import { lacking, openSubject, type Subject } from './subject.ts'

const SHOWN = 10

/** How much of the input came before, and what a prompt cache would save of it. */
export const promptReuse = (workloads: Workloads, clock: Clock): Tool => ({
  name: 'prompt_reuse',
  description:
    'Repeated prompts and shared prefixes in the usage in attached files: the share of input tokens that a prefix cache would save, ideal (unbounded) and, if asked, of bounded size (LRU blocks) and time to live; and the money at a model’s cached price. Needs prompt hashes or ids of prompt blocks in the files.',
  input: promptReuseInput,
  timeoutMs: 180_000,
  repeatable: true,
  effect: 'reads',
  async run(input, context): Promise<PromptReuse> {
    const asked = promptReuseInput.parse(input)
    const subject = await openSubject(workloads, asked, context)
    const prices = await pricesFor(subject, asked, clock)
    const priced = 'what' in prices ? undefined : prices
    const hasBlocks = subject.has('prompt_blocks') && subject.has('block_tokens')
    const found = hasBlocks
      ? await prefixReuse(subject, asked, priced, context.progress)
      : undefined
    const reuse = found && 'reuse' in found ? found.reuse : undefined
    return {
      covered: subject.covered,
      repeated_prompts: subject.has('prompt_hash')
        ? await repeatedPrompts(subject, priced, asked.top ?? SHOWN)
        : null,
      prefix_cache: reuse ? shownReuse(reuse) : null,
      already_cached: await alreadyCached(subject),
      saving: reuse && priced ? reuseSaving(priced, reuse, clock) : null,
      formula: FORMULA,
      not_measurable: [
        ...notMeasurable(subject, priced),
        ...('what' in prices ? [prices] : []),
        ...(found && 'what' in found ? [found] : (reuse?.left ?? [])),
      ],
    }
  },
})

const shownReuse = ({ blockTokens, blocks, distinctBlocks, caches }: Reuse) => ({
  block_tokens: blockTokens,
  blocks,
  distinct_blocks: distinctBlocks,
  caches,
})

async function pricesFor(
  subject: Subject,
  { model, provider }: z.infer<typeof promptReuseInput>,
  clock: Clock,
): Promise<ModelPrices | NotMeasurable> {
  if (model !== undefined) return knownModel(model, provider, clock)
  const { known } = subject.has('model') ? await namedModels(subject, clock) : { known: [] }
  const named = new Map(known.map(({ prices }) => [`${prices.provider}/${prices.model}`, prices]))
  const [only] = named.values()
  if (only && named.size === 1) return only
  return {
    what: 'money that a prompt cache would save',
    why:
      named.size === 0
        ? 'The files name no model of the catalogue.'
        : 'The files name several models.',
    needs: 'One model to price on (model), or one model’s requests (where).',
  }
}

async function alreadyCached(subject: Subject): Promise<PromptReuse['already_cached']> {
  if (!subject.has('cached_input_tokens') || !subject.has('input_tokens')) return null
  const [row] = await subject.ask(
    `SELECT sum(cached_input_tokens), sum(input_tokens) FROM ${subject.from} AS w`,
  )
  const cached = numberOf(row?.[0])
  return { input_tokens: cached, share_of_input_tokens: shareOf(cached, numberOf(row?.[1])) }
}

function notMeasurable(subject: Subject, prices: ModelPrices | undefined): NotMeasurable[] {
  const found: NotMeasurable[] = []
  if (!subject.has('prompt_hash')) found.push(lacking('repeated prompts', 'prompt_hash'))
  if (!subject.has('prompt_blocks')) found.push(lacking('shared prefixes', 'prompt_blocks'))
  else if (!subject.has('block_tokens')) found.push(lacking('shared prefixes', 'block_tokens'))
  if (!subject.has('cached_input_tokens'))
    found.push(lacking('what is cached already (none is assumed to be)', 'cached_input_tokens'))
  if (prices && prices.steps[0]?.cachedPerMillion == null) {
    found.push({
      what: 'money that a prompt cache would save',
      why: `The catalogue has no price of cached input for ${prices.provider}/${prices.model}.`,
      needs: 'A model with a price of cached input.',
    })
  }
  return found
}

const FORMULA = {
  repeated_requests: 'requests - distinct prompt_hash: every request whose prompt came before',
  reusable_input_tokens:
    'for each request in order of time: the longest prefix of blocks that came before (and are still held) × block_tokens, at most its input tokens; summed',
  share_of_input_tokens: 'reusable_input_tokens / input_tokens of requests with blocks',
  newly_cached_input_tokens:
    'for each request: reusable tokens less those cached already, at least 0',
  gross_usd: 'newly cached tokens × (input price - cached price), at the tier of each request',
  write_surcharge_usd:
    'all other input × (cache write price - input price), where the catalogue has one',
  saving_usd: 'gross_usd - write_surcharge_usd',
  share_of_input_cost: 'saving_usd / input_cost_usd',
}
