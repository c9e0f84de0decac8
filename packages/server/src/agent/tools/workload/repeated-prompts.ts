import type { ModelPrices } from '../data/catalogue.ts'
import { amountsOf, priceOfAmounts } from './amounts.ts'
import { dollars, dollarText, numberOf, numberOrNull, shareOf } from './money.ts'
import type { PromptReuse } from './schemas.ts'
import type { Subject } from './subject.ts'

/** Requests whose very same prompt came before: all but the first of each prompt. */
export async function repeatedPrompts(
  subject: Subject,
  prices: ModelPrices | undefined,
  top: number,
): Promise<PromptReuse['repeated_prompts']> {
  const order = subject.has('at') ? '"at" NULLS LAST, file_place' : 'file_place'
  const input = subject.has('input_tokens') ? 'input_tokens' : 'NULL::BIGINT'
  const placed = `(SELECT *, row_number() OVER () AS file_place FROM ${subject.from} AS w WHERE prompt_hash IS NOT NULL)`
  // Of an aggregated row all calls but one are repetitions, even if it is the prompt's first.
  const repeated = `(SELECT *, row_number() OVER (PARTITION BY prompt_hash ORDER BY ${order}) AS occurrence FROM ${placed} AS p)`
  const [row] = await subject.ask(
    `SELECT coalesce(sum(requests), 0), count(DISTINCT prompt_hash), sum(${input}), sum(CASE WHEN occurrence > 1 THEN ${input} ELSE ${input} - ${input} // requests END)
     FROM ${repeated} AS r`,
  )
  const [requests, distinct] = [numberOf(row?.[0]), numberOf(row?.[1])]
  const cost =
    prices && !subject.aggregated
      ? priceOfAmounts(
          prices,
          await amountsOf(subject, `(SELECT * FROM ${repeated} AS r WHERE occurrence > 1)`, [
            prices,
          ]),
        )
      : undefined
  const most = await subject.ask(
    `SELECT prompt_hash, sum(requests), sum(${input}) FROM ${subject.from} AS w WHERE prompt_hash IS NOT NULL
     GROUP BY 1 HAVING sum(requests) > 1 ORDER BY 2 DESC, 3 DESC NULLS LAST, 1 LIMIT ${top}`,
  )
  const repeatedInput = numberOrNull(row?.[3])
  return {
    requests,
    distinct_prompts: distinct,
    repeated_requests: requests - distinct,
    share_of_requests: shareOf(requests - distinct, requests),
    repeated_input_tokens: repeatedInput,
    share_of_input_tokens:
      repeatedInput === null ? null : shareOf(repeatedInput, numberOf(row?.[2])),
    cost_usd: cost === undefined ? null : dollars(cost),
    cost_text: cost === undefined ? null : dollarText(cost),
    top: most.map(([hash, calls, tokens]) => ({
      prompt_hash: String(hash),
      requests: numberOf(calls),
      input_tokens: numberOrNull(tokens),
    })),
  }
}
