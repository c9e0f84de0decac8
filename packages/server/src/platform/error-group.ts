/** Errors of one kind, as an administrator and an error tracker see them. Nothing of it is anybody's. */
export interface ErrorGroup {
  /** The same after a restart, and in every node. */
  fingerprint: string
  level: 'error' | 'fatal'
  /** What Netra says of it in its log: words of ours. */
  message: string
  /** The error's class and code; null where a line was logged without one. */
  type: string | null
  code: string | null
  /** Where, innermost first: `function (file:line)`. */
  frames: string[]
  count: number
  first_seen: string
  last_seen: string
  /** Of the newest one: it leads to the lines of the log, and to the spans. */
  sample_trace_id: string | null
  sample_run_id: string | null
}
