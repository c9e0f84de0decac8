import type { Account, Accounts } from './accounts.ts'
import {
  CheckFailure,
  CheckRefused,
  CheckSkipped,
  CheckTimedOut,
  weightIn,
  type Check,
  type Environment,
  type Exchange,
  type Outcome,
  type Result,
} from './check.ts'
import type { CheckContext, Pace, PublicConfig } from './context.ts'
import { createHttpClient, reasonOf } from './http-client.ts'
import { Secrets } from './secrets.ts'
import { trustIn, type Trust } from './trust.ts'

/** Each request has less; several of a busy server take longer than one. */
const TIMEOUT_MS = 20_000

const COME_IN: Check['id'] = 'accounts.come-in'

/** Where one of these does not pass, nothing else can say anything. */
const GATES: readonly Check['id'][] = [
  'network.dns',
  'network.tcp',
  'network.tls-chain',
  'network.tls-name',
  'network.tls-valid-now',
  'network.http',
]

export interface Run {
  url: string
  authUrl?: string
  /** Its own site unless told. */
  trust?: Trust
  environment: Environment
  pace: Pace
  accounts: Accounts
  withModel?: boolean
  plainPort?: number | undefined
  secrets?: Secrets
  /** Ends the run: what has not ended is skipped. */
  signal?: AbortSignal
  /** Of performance.now(): no check goes on beyond it. */
  deadline?: number
  /** Ids of checks that are not to be tried, which counts as not passed. */
  leftOut?: ReadonlySet<string>
  onStart?: (check: Check) => void
  /** Told as soon as it is known, in the order in which checks end. */
  onResult?: (result: Result) => void
}

/**
 * Runs the checks in order, one at a time. Those in the background begin as early as they can and
 * are waited for at the end, or when a check needs one of them.
 */
export async function runChecks(checks: readonly Check[], run: Run): Promise<Result[]> {
  const one = new OneCheck(run)
  const known = new Set<string>(checks.map(({ id }) => id))
  const results = new Map<string, Result>()
  const inBackground = new Map<string, Promise<Result>>()
  const tell = (result: Result): Result => {
    results.set(result.id, result)
    if (result.id === COME_IN) one.nobodyComesIn = result.outcome !== 'passed'
    run.onResult?.(result)
    return result
  }
  const mayBegin = (check: Check): boolean =>
    needsOf(check).every((id) => !known.has(id) || results.get(id)?.outcome === 'passed')
  const beginInBackground = (): void => {
    for (const check of checks) {
      if (!check.background || inBackground.has(check.id) || results.has(check.id)) continue
      if (one.isOutside(check) || !mayBegin(check)) continue
      inBackground.set(check.id, one.result(check).then(tell))
    }
  }
  for (const check of checks) {
    beginInBackground()
    if (check.background && inBackground.has(check.id)) continue
    for (const id of needsOf(check)) await inBackground.get(id)
    run.onStart?.(check)
    tell(await one.tried(check, results))
  }
  await Promise.all(inBackground.values())
  return checks.flatMap(({ id }) => results.get(id) ?? [])
}

const needsOf = (check: Check): readonly Check['id'][] =>
  check.group === 'network' ? (check.needs ?? []) : [...GATES, ...(check.needs ?? [])]

class OneCheck {
  readonly #run: Run
  readonly #secrets: Secrets
  #config: Promise<PublicConfig> | undefined
  nobodyComesIn = false

  constructor(run: Run) {
    this.#run = run
    this.#secrets = run.secrets ?? new Secrets()
  }

  /** Whether it is not to be tried, or not any more. */
  isOutside({ id }: Check): boolean {
    const { signal, leftOut } = this.#run
    return signal?.aborted === true || leftOut?.has(id) === true
  }

  async tried(check: Check, results: ReadonlyMap<string, Result>): Promise<Result> {
    const { signal, leftOut } = this.#run
    if (signal?.aborted) return this.#skipped(check, 'not tried: the run was interrupted')
    if (leftOut?.has(check.id)) return this.#skipped(check, 'left out by --skip')
    const lacking = needsOf(check).find((id) => {
      const needed = results.get(id)
      return needed !== undefined && needed.outcome !== 'passed'
    })
    if (lacking === undefined) return this.result(check)
    return {
      ...this.#skipped(check, `not tried: ${lacking} did not pass`),
      cause: `It can say nothing while ${lacking} does not pass.`,
      fix: `See ${lacking} first.`,
    }
  }

  async result(check: Check): Promise<Result> {
    const {
      url,
      authUrl = url,
      environment,
      pace,
      accounts,
      withModel = false,
      plainPort,
      deadline,
    } = this.#run
    const exchanges: Exchange[] = []
    const secrets = this.#secrets
    let isOver = false
    const note = (exchange: Exchange): void => {
      if (!isOver) exchanges.push(exchange)
    }
    const left = deadline === undefined ? Infinity : Math.ceil(deadline - performance.now())
    const timeoutMs = Math.max(0, Math.min(check.timeoutMs ?? TIMEOUT_MS, left))
    const ending = new AbortController()
    const { signal } = ending
    const { trust = trustIn(url, { authUrl }) } = this.#run
    const asking = { url, authUrl, answerMs: pace.answerMs, note, secrets, trust }
    const http = createHttpClient({ ...asking, signal })
    // An account whose making is broken off would be there, and nobody would know.
    const lasting = createHttpClient({ ...asking, signal: new AbortController().signal })
    const context: CheckContext = {
      url,
      authUrl,
      environment,
      pace,
      withModel,
      users: accounts.users,
      plainPort,
      signal,
      http,
      assertTrusted: (address) => trust.assert(address),
      accounts,
      account: (index = 0) => this.#account(check, index, lasting),
      config: () => this.#configOnce(http),
      secret: (text) => secrets.add(text),
      note,
    }
    const begun = performance.now()
    const watched = this.#endOf(timeoutMs)
    const end = (found: Outcome, said: string): Result => {
      isOver = true
      const budget =
        found === 'passed' || found === 'skipped' ? undefined : budgetIn(said, exchanges)
      const outcome = budget === undefined ? found : 'refused'
      const seen =
        budget === undefined || said.includes(budget) ? said : `${said} [budget ${budget}]`
      const shown = secrets.shown(seen, SEEN_CHARS)
      return {
        id: check.id,
        group: check.group,
        title: check.title,
        weight: weightIn(check, environment),
        outcome,
        seen: shown,
        exchanges: shortened(exchanges).map((exchange) => ({
          ...exchange,
          sent: secrets.shown(exchange.sent, EXCHANGE_CHARS),
          received: secrets.shown(exchange.received, EXCHANGE_CHARS),
        })),
        durationMs: Math.round(performance.now() - begun),
        ...(outcome !== 'passed' && (adviceOn(budget) ?? adviceFor(check, shown))),
      }
    }
    try {
      if (timeoutMs === 0) throw new CheckTimedOut('not begun: the time of the whole run is over')
      const seen = await Promise.race([check.run(context), watched.ended])
      const wrong = exchanges.find(isUnexpectedError)
      if (wrong === undefined) return end('passed', seen)
      return end(
        'failed',
        `${wrong.sent} answered ${wrong.status}, and nothing passes on an error: ${wrong.received}`,
      )
    } catch (error) {
      return end(outcomeOf(error), reasonOf(error))
    } finally {
      watched.stop()
      // What the check left open ends with it.
      ending.abort(new Error('the check is over'))
    }
  }

  /** Once nobody could come in, that is said once and not by every check that needs somebody. */
  async #account(check: Check, index: number, http: CheckContext['http']): Promise<Account> {
    if (this.nobodyComesIn && check.id !== COME_IN) {
      throw new CheckSkipped(`not tried: ${COME_IN} did not pass`)
    }
    return this.#run.accounts.get(index, http)
  }

  /** Rejects when the check's time is over or the run is interrupted. */
  #endOf(timeoutMs: number): { ended: Promise<never>; stop(): void } {
    const { signal } = this.#run
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const late = (): void => reject(new CheckTimedOut(`not done within ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs)
    const interrupted = (): void => reject(new CheckSkipped('the run was interrupted'))
    signal?.addEventListener('abort', interrupted)
    ended.catch(() => undefined)
    const stop = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupted)
    }
    return { ended, stop }
  }

  #configOnce(http: CheckContext['http']): Promise<PublicConfig> {
    this.#config ??= askConfig(http)
    this.#config.catch(() => (this.#config = undefined))
    return this.#config
  }

  #skipped(check: Check, seen: string): Result {
    const { id, group, title } = check
    const weight = weightIn(check, this.#run.environment)
    return { id, group, title, weight, outcome: 'skipped', seen, exchanges: [], durationMs: 0 }
  }
}

async function askConfig(http: CheckContext['http']): Promise<PublicConfig> {
  const config = (await http.ask('/api/config')).json()
  const { ws_url } = config
  if (typeof ws_url !== 'string') throw new CheckFailure('/api/config names no ws_url')
  return { ...config, ws_url }
}

const MOST_EXCHANGES = 40
const SEEN_CHARS = 4_096
/** Of each side; a transcript with all its lines fits. */
const EXCHANGE_CHARS = 16_384

/** Hundreds of the same are no better evidence; the first and the last of them are. */
function shortened(exchanges: readonly Exchange[]): readonly Exchange[] {
  const many = exchanges.length - MOST_EXCHANGES
  if (many <= 0) return exchanges
  const half = MOST_EXCHANGES / 2
  const gap = { sent: `… ${many} more …`, received: '', durationMs: 0 }
  return [...exchanges.slice(0, half), gap, ...exchanges.slice(-half)]
}

const isUnexpectedError = ({ status, expected }: Exchange): boolean =>
  status !== undefined && status >= 400 && expected !== true

/** As Netra names a budget that lets no more through: by its name in the settings. */
const BUDGET = /\(budget (\w{1,40})\)/

/** The budget that turned something of a check away, which then says nothing of what it is about. */
const budgetIn = (seen: string, exchanges: readonly Exchange[]): string | undefined =>
  [seen, ...exchanges.map(({ received }) => received)]
    .map((text) => BUDGET.exec(text)?.[1])
    .find((name) => name !== undefined)

const adviceOn = (budget: string | undefined): { cause: string; fix: string } | undefined =>
  budget === undefined
    ? undefined
    : {
        cause: `The budget ${budget} holds for the accounts of this run too, and turned them away: nothing is known of what this check is about.`,
        fix: `Raise ${budget} for as long as this runs (Settings → Spend and budgets), or write down a wider one for accounts of your own and give them by --email.`,
      }

function outcomeOf(error: unknown): Outcome {
  if (error instanceof CheckSkipped) return 'skipped'
  if (error instanceof CheckRefused) return 'refused'
  if (error instanceof CheckTimedOut) return 'timed_out'
  return error instanceof CheckFailure ? 'failed' : 'error'
}

function adviceFor({ causes }: Check, seen: string): { cause?: string; fix?: string } {
  const fitting = causes.find(({ when }) => when === undefined || when.test(seen))
  return fitting ? { cause: fitting.cause, fix: fitting.fix } : {}
}
