import type { RetryPolicy } from '../retry.ts'
import type { ServiceLevel } from './service-level.ts'

/** What becomes of one class of failure. The code that decides reads it here. */
export interface Recovery {
  /** What went wrong, in words for an operator. */
  what: string
  /** Tried again by itself before anybody is told. */
  retry?: RetryPolicy
  /** Where the waits are not spread at random: one after the other, as long as there are any. */
  retryAfterMs?: readonly number[]
  /** How long the store waits before it looks whether it works again: at first, and at most. */
  againMs?: { first: number; most: number }
  /** So many one after the other end the run. */
  mostInARow?: number
  /** The service is unwell, rather than this request: its circuit breaker counts it. */
  isUnwell?: true
  /** The next model of NETRA_MODEL_FALLBACK answers, where there is one. */
  fallsBack?: true
  /** How far the whole node steps back while it lasts. */
  degradesTo?: ServiceLevel
  /** What ends when nothing of that helped. */
  stops: string
  /** How whoever asked hears of it. */
  told: string
}

const recovery = <Entry extends Recovery>(entry: Entry): Entry => entry

const OF_A_MODEL = { tries: 3, firstMs: 500, mostMs: 5_000 } satisfies RetryPolicy

/**
 * Everything that may fail, and what happens then: tried again, another model, less service, or an
 * end. docs/operate/recovery.md is made from it.
 */
export const RECOVERY = {
  model_breaker_open: recovery({
    what: 'The circuit breaker of a model is open',
    fallsBack: true,
    stops: 'the run, in under a second',
    told: '`model_refused` with `breaker: OPEN`',
  }),
  model_not_connected: recovery({
    what: 'A model is not connected or not enabled',
    fallsBack: true,
    stops: 'the run',
    told: '`model_auth` or `model_refused`',
  }),
  model_key_refused: recovery({
    what: 'A model service refuses the key (401, 403)',
    fallsBack: true,
    stops: 'the run',
    told: '`model_auth`',
  }),
  model_no_credit: recovery({
    what: 'The account at a model service has no credit or quota left',
    fallsBack: true,
    stops: 'the run',
    told: '`model_rate_limited`',
  }),
  model_rate_limited: recovery({
    what: 'A model takes no more requests for the moment (429)',
    retry: OF_A_MODEL,
    fallsBack: true,
    stops: 'the run',
    told: '`model_rate_limited`',
  }),
  model_unwell: recovery({
    what: 'A model service has a problem of its own (5xx, 408, 409)',
    retry: OF_A_MODEL,
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_unreachable: recovery({
    what: 'Nothing answers at the address of a model',
    retry: OF_A_MODEL,
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_name_not_found: recovery({
    what: 'The name in the address of a model is not found',
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_stalled: recovery({
    what: 'A model says nothing before its first word',
    // Each silence has already cost a long wait.
    retry: { ...OF_A_MODEL, tries: 2 },
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_stalled`',
  }),
  model_cut: recovery({
    what: 'The connection to a model breaks before its first word',
    retry: OF_A_MODEL,
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_cut`',
  }),
  model_not_understood: recovery({
    what: 'A model service answers in a way that is not its API',
    retry: OF_A_MODEL,
    isUnwell: true,
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_empty: recovery({
    what: 'A model ends without an answer',
    retry: OF_A_MODEL,
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_unknown: recovery({
    what: 'A model service does not know the model (404)',
    fallsBack: true,
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_mid_answer: recovery({
    what: 'A model fails after its first word, in whatever way (its breaker counts as before)',
    stops: 'the run; what was said stays, marked as incomplete',
    told: '`model_cut`, `model_stalled` or `model_refused`',
  }),
  model_filtered: recovery({
    what: "A model's content filter refuses",
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_output_limit: recovery({
    what: 'A model reaches its output limit before it answered',
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_context_full: recovery({
    what: 'The conversation is too long for a model',
    stops: 'the run',
    told: '`model_refused`',
  }),
  model_request_refused: recovery({
    what: 'A model refuses the request itself (another 4xx)',
    stops: 'the run',
    told: '`model_refused`',
  }),
  builtin_fault: recovery({
    what: 'The built-in model fails on a question',
    stops: 'the run',
    told: '`internal`',
  }),
  tool_refused: recovery({
    what: 'A tool refuses: its arguments or the data are at fault',
    mostInARow: 6,
    stops: 'the call',
    told: 'the model reads the reason and corrects itself; at last `tool_failed`',
  }),
  tool_timeout: recovery({
    what: 'A tool takes longer than it may',
    stops: 'the call; its process is killed',
    told: 'the model reads it',
  }),
  tool_fault: recovery({
    what: 'A tool fails in a way that it does not foresee',
    stops: 'the call',
    told: 'the model reads it; the log has the fault',
  }),
  tool_unavailable: recovery({
    what: "A tool's process cannot be started",
    isUnwell: true,
    degradesTo: 'no_tools',
    stops: 'the call',
    told: 'the model reads it',
  }),
  tool_breaker_open: recovery({
    what: 'The circuit breaker of a tool is open',
    stops: 'the call, at once',
    told: 'the model reads it and goes on without',
  }),
  store_unwritable: recovery({
    what: 'The store cannot be written, for whatever reason',
    degradesTo: 'read_only',
    stops: 'the command; runs wait and go on when it can',
    told: '`unavailable`, over HTTP 503 with `Retry-After`',
  }),
  store_full: recovery({
    what: 'The disk of the store is full (SQLite)',
    againMs: { first: 1_000, most: 1_000 },
    stops: 'nothing that is read',
    told: 'as above',
  }),
  store_failed: recovery({
    what: 'A write or a sync of the disk fails (SQLite)',
    againMs: { first: 1_000, most: 60_000 },
    stops: 'reading too, until the store has been opened and checked again',
    told: 'as above',
  }),
  store_lost: recovery({
    what: 'The connection to the store is lost (PostgreSQL)',
    againMs: { first: 100, most: 5_000 },
    stops: 'reading too; runs of this node are taken up by another after 15 s',
    told: 'as above',
  }),
  store_busy: recovery({
    what: 'More messages of one person wait than are taken',
    stops: 'the command',
    told: '`busy`, over HTTP 503 with `Retry-After`',
  }),
  auth_away: recovery({
    what: 'The auth service elsewhere does not answer',
    retry: { tries: 3, firstMs: 100, mostMs: 2_000 },
    isUnwell: true,
    stops: 'the request; who was vouched for before goes on for a while',
    told: '503 with `Retry-After`, or `unavailable`',
  }),
  oidc_away: recovery({
    what: 'A sign-in provider does not answer',
    isUnwell: true,
    stops: 'the sign-in by that provider; other ways in go on',
    told: 'the sign-in page',
  }),
  mail_away: recovery({
    what: 'The mail server does not take an e-mail',
    retryAfterMs: [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000],
    isUnwell: true,
    stops: 'that e-mail; it is in the log',
    told: 'nobody waits for it',
  }),
  socket_lost: recovery({
    what: "A person's socket is lost",
    stops: 'nothing: runs go on, and the client resumes where it was',
    told: 'the client, which connects again by itself',
  }),
  out_of_memory: recovery({
    what: 'The process runs out of memory while a run goes on',
    retry: { tries: 2, firstMs: 0, mostMs: 0 },
    stops: 'the run',
    told: '`out_of_memory`',
  }),
  process_died: recovery({
    what: 'The process of a run dies',
    retry: { tries: 3, firstMs: 0, mostMs: 0 },
    stops: 'the run, when no try got a step done',
    told: '`interrupted`',
  }),
  run_unforeseen: recovery({
    what: 'A run fails in a way that nobody foresaw',
    stops: 'the run',
    told: '`internal` with the trace id',
  }),
  request_unforeseen: recovery({
    what: 'A request fails in a way that nobody foresaw',
    stops: 'the request',
    told: '500 `INTERNAL_ERROR` with the trace id',
  }),
  uncaught: recovery({
    what: 'An error that nobody caught',
    stops: 'nothing: everybody else is served on',
    told: 'the log and `/api/health`',
  }),
} as const satisfies Record<string, Recovery>

export type FailureKind = keyof typeof RECOVERY

export const recoveryOf = (kind: FailureKind): Recovery => RECOVERY[kind]

/** When breakers open, and for how long until one call tries again. */
export const BREAKER_OPENS = {
  model: { failures: 5, openMs: 30_000 },
  tool: { failures: 3, openMs: 30_000 },
  mcp: { failures: 3, openMs: 20_000 },
  auth: { failures: 3, openMs: 1_000 },
  smtp: { failures: 3, openMs: 60_000 },
  oidc: { failures: 3, openMs: 30_000 },
} as const
