import type { Count, Metrics } from '../platform/metrics.ts'

export interface RunMetrics {
  /** By `why`: first, taken_over, retried, decided. */
  attempts: Count
  /** By `outcome`: completed, cancelled, or the code of the failure. */
  ended: Count
  /** Runs that another process left open. */
  takeOvers: Count
  renewalsFailed: Count
  /** Attempts stopped by their owner because it could not renew their lease. */
  selfFenced: Count
  /** Attempts stopped because another owns the run. */
  overtaken: Count
  /** Runs that began to wait for a person. */
  waiting: Count
  /** By `by`: person, expiry. */
  decided: Count
  /** Times a model's text waited because too much of it waits for the store. */
  storeWaits: Count
  sweepsFailed: Count
}

export const createRunMetrics = (metrics: Metrics): RunMetrics => ({
  attempts: metrics.counter('netra_run_attempts_total', 'Attempts at runs', ['why']),
  ended: metrics.counter('netra_run_ended_total', 'Runs that ended', ['outcome']),
  takeOvers: metrics.counter('netra_run_take_overs_total', 'Runs taken from a process that died'),
  renewalsFailed: metrics.counter(
    'netra_run_lease_renewals_failed_total',
    'Renewals of leases that the store did not take',
  ),
  selfFenced: metrics.counter(
    'netra_run_self_fenced_total',
    'Attempts stopped because their lease could not be renewed',
  ),
  overtaken: metrics.counter(
    'netra_run_overtaken_total',
    'Attempts stopped because another process owns the run',
  ),
  waiting: metrics.counter('netra_run_waiting_total', 'Runs that began to wait for a person'),
  decided: metrics.counter('netra_run_approvals_decided_total', 'Approvals decided', ['by']),
  storeWaits: metrics.counter(
    'netra_run_store_waits_total',
    'Times a model waited for the store to take what it had said',
  ),
  sweepsFailed: metrics.counter(
    'netra_run_sweeps_failed_total',
    'Looks for runs without an owner that failed',
  ),
})
