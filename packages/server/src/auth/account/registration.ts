import { z } from 'zod'

import type { RegistrationPolicy } from '../../identity/identity.ts'
import { unreachable } from '../../platform/unreachable.ts'
import type { StoredSettings } from '../store/stored-settings.ts'

/** Somebody who would like an account, by password or through a provider. */
export interface Applicant {
  /** In lower case. */
  email: string
  /** Brings an invitation that is valid for this address. */
  invited: boolean
  /** Whether the request reached a server bound to loopback, from loopback. */
  fromLoopback: boolean
}

/**
 * `byDomain`: the address alone lets them in, so it must be proved before anything is opened: by a
 * provider that says it is verified, or by a link.
 */
export type Decision =
  | { allowed: true; byDomain: boolean }
  | { allowed: false; why: 'invitation_required' | 'domain_not_allowed' | 'registration_closed' }

export interface RegistrationChoice {
  policy: RegistrationPolicy
  /** E-mail domains in lower case, for the policy `domain`. */
  domains: string[]
}

/** Where the choice in force comes from: the administrator, NETRA_REGISTRATION, or neither. */
export type ChoiceSource = 'administrator' | 'environment' | 'default'

const NAME = 'registration'
const Stored = z.object({
  policy: z.enum(['open', 'invitation', 'domain', 'closed']),
  domains: z.array(z.string()),
})

/** Who may register: the administrator's choice, else the operator's, else open from this machine only. */
export class RegistrationRules {
  readonly #settings: StoredSettings
  readonly #configured: { policy: RegistrationPolicy | undefined; domains: readonly string[] }

  constructor(
    settings: StoredSettings,
    configured: {
      policy?: RegistrationPolicy | undefined
      domains?: readonly string[] | undefined
    },
  ) {
    this.#settings = settings
    this.#configured = { policy: configured.policy, domains: configured.domains ?? [] }
  }

  decide({ email, invited, fromLoopback }: Applicant): Decision {
    const { policy, domains } = this.#inForce(fromLoopback)
    switch (policy) {
      case 'closed':
        return { allowed: false, why: 'registration_closed' }
      case 'open':
        return { allowed: true, byDomain: false }
      case 'invitation':
        return invited
          ? { allowed: true, byDomain: false }
          : { allowed: false, why: 'invitation_required' }
      case 'domain':
        if (invited) return { allowed: true, byDomain: false }
        return domains.includes(domainOf(email))
          ? { allowed: true, byDomain: true }
          : { allowed: false, why: 'domain_not_allowed' }
      default:
        return unreachable(policy)
    }
  }

  /** What somebody who is not signed in is offered there. */
  policy(fromLoopback: boolean): RegistrationPolicy {
    return this.#inForce(fromLoopback).policy
  }

  /**
   * As it holds for people elsewhere. `configured`: what would hold without a choice of the
   * administrator; null when nothing is configured either.
   */
  choice(): RegistrationChoice & { source: ChoiceSource; configured: RegistrationChoice | null } {
    const { policy, domains } = this.#configured
    const configured = policy === undefined ? null : { policy, domains: [...domains] }
    return { ...this.#inForce(false), configured }
  }

  /** Stores the administrator's choice; undefined goes back to the configured one. */
  choose(choice: RegistrationChoice | undefined): void {
    this.#settings.set(NAME, choice)
  }

  #inForce(fromLoopback: boolean): RegistrationChoice & { source: ChoiceSource } {
    const stored = Stored.safeParse(this.#settings.get(NAME))
    if (stored.success) return { ...stored.data, source: 'administrator' }
    const { policy, domains } = this.#configured
    if (policy !== undefined) return { policy, domains: [...domains], source: 'environment' }
    return { policy: fromLoopback ? 'open' : 'invitation', domains: [], source: 'default' }
  }
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1)
