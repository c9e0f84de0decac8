import type { Count, Metrics } from '../platform/metrics.ts'
import type { CallMade } from './ledger.ts'

/** What this process counted; labels are closed lists. */
export class SpendingMetrics {
  readonly #tokens: Count
  readonly #dollars: Count
  readonly #calls: Count
  readonly #refused: Count
  readonly #warningsFailed: Count

  constructor(metrics: Metrics) {
    this.#tokens = metrics.counter(
      'netra_spending_tokens_total',
      'Tokens that models read and wrote, by direction.',
      ['direction'],
    )
    this.#dollars = metrics.counter(
      'netra_spending_usd_total',
      'US dollars of the calls of models whose price is known.',
    )
    this.#calls = metrics.counter(
      'netra_spending_calls_total',
      'Calls of models, by how they ended and whether their price is known.',
      ['status', 'price'],
    )
    this.#refused = metrics.counter(
      'netra_spending_refused_total',
      'Runs and calls of models that a budget did not allow, by the budget.',
      ['budget'],
    )
    this.#warningsFailed = metrics.counter(
      'netra_spending_warnings_failed_total',
      'Warnings of budgets that could not be stored.',
    )
  }

  used(calls: readonly CallMade[]): void {
    for (const { status, costUsd, inputTokens, outputTokens } of calls) {
      this.#tokens.add({ direction: 'input' }, inputTokens)
      this.#tokens.add({ direction: 'output' }, outputTokens)
      this.#dollars.add({}, costUsd ?? 0)
      this.#calls.add({ status, price: costUsd === null ? 'unknown' : 'known' })
    }
  }

  refused(budget: string): void {
    this.#refused.add({ budget })
  }

  warningFailed(): void {
    this.#warningsFailed.add()
  }
}
