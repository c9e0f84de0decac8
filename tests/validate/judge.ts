import type { Check, Group, Result } from '../../packages/validator/src/validate/check.ts'
import { CHECKS } from '../../packages/validator/src/validate/checks/checks.ts'
import type { Pace } from '../../packages/validator/src/validate/context.ts'
import { validate, type ValidateOptions } from '../../packages/validator/src/validate/validate.ts'
import { startAlteringProxy, type Alteration } from './altering-proxy.ts'
import type { CertificateAuthority, IssueOptions } from './certificate.ts'

/** A server that is broken in one way, for real, as whoever connects to it finds. */
export interface BrokenServer {
  /** What is wrong with it, after "a server that". */
  name: string
  /** The one check of its group that does not pass. */
  breaks: Check['id']
  /** What a proxy in front of a healthy Netra does to it. Made anew for each run. */
  alter?: () => Alteration
  /** Of that proxy, where it has one. */
  certificate?: IssueOptions
  /** Something else than a proxy. */
  open?: (healthy: Healthy) => Promise<Place>
  pace?: Partial<Pace>
  options?: Partial<ValidateOptions>
}

export interface Healthy {
  /** Where Netra itself listens. */
  url: string
  /** How it names itself in its answers. */
  publicHost: string
  authority?: CertificateAuthority
}

export interface Place extends AsyncDisposable {
  url: string
  options?: Partial<ValidateOptions>
}

/** What a broken server cannot hide for long: the waits that do not matter to most checks, shortened. */
export const SHORT_PACE: Pace = {
  answerMs: 15_000,
  turnMs: 15_000,
  idleMs: 1_500,
  beatMs: 80,
  beats: 6,
  crowds: [3, 6, 10],
  refreshGraceMs: 0,
  silentMs: 0,
}

/** What the report on a broken server gets wrong, in words: nothing when it is found, and only it. */
export async function missedIn(broken: BrokenServer, healthy: Healthy): Promise<string[]> {
  await using place = await openBroken(broken, healthy)
  const options = { ...broken.options, ...place.options }
  return await missedAt({ ...broken, options }, place.url)
}

const openBroken = (
  { alter, certificate, open }: BrokenServer,
  healthy: Healthy,
): Promise<Place> => {
  if (open) return open(healthy)
  return openProxy(healthy, alter?.() ?? {}, certificate)
}

/** With https when there is an authority to vouch for it. */
export const openProxy = (
  { url, publicHost, authority }: Healthy,
  alteration: Alteration,
  certificate: IssueOptions = {},
): Promise<Place> =>
  startAlteringProxy(url, alteration, {
    publicHost,
    ...(authority && { certificate: authority.issue(certificate), host: 'localhost' }),
  })

interface Found extends Pick<BrokenServer, 'breaks' | 'pace' | 'options'> {
  /** Other checks of the group that may fail of the same mistake. */
  also?: readonly Check['id'][]
}

export async function missedAt(
  { breaks, also = [], pace, options }: Found,
  url: string,
): Promise<string[]> {
  const only = [groupOf(breaks)]
  const { results } = await validate(url, { only, pace: { ...SHORT_PACE, ...pace }, ...options })
  const problems = notPassed(results, [breaks, ...also])
  const found = results.find(({ id }) => id === breaks)
  if (!found) return [...problems, `there is no check ${breaks}`]
  const { outcome, seen, cause } = found
  if (outcome !== 'failed' && outcome !== 'timed_out')
    problems.push(`${breaks} ${outcome}: ${seen}`)
  if (cause === undefined) problems.push(`${breaks} names no cause for: ${seen}`)
  return problems
}

/** Every check of the group that does not pass, in words. */
export async function alarmsOf(
  group: Group,
  url: string,
  options: Partial<ValidateOptions> = {},
): Promise<string[]> {
  const { results } = await validate(url, { only: [group], pace: SHORT_PACE, ...options })
  return results.length === 0 ? [`${group} has no checks`] : notPassed(results)
}

/** Everything that did not pass, in words; without the check given and without what needs it. */
export function notPassed(results: readonly Result[], but: readonly Check['id'][] = []): string[] {
  const consequences = new Set<string>(but)
  for (const { id, needs = [] } of CHECKS) {
    if (needs.some((needed) => consequences.has(needed))) consequences.add(id)
  }
  return results
    .filter(({ outcome }) => outcome !== 'passed')
    .filter(({ id, outcome }) => !(outcome === 'skipped' && consequences.has(id)))
    .filter(({ id }) => !but.includes(id))
    .map(({ id, outcome, seen }) => `${id} ${outcome}: ${seen}`)
}

export const groupOf = (id: Check['id']): Group => id.split('.')[0] as Group
