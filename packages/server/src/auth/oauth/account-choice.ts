import { checkedName, storedEmail } from '../account/account-fields.ts'
import type { AccountRows } from '../account/account-rows.ts'
import type { Invitations } from '../account/invitations.ts'
import type { RegistrationRules } from '../account/registration.ts'
import type { AuthDatabase } from '../store/auth-database.ts'
import { OAuthFailure } from './oauth-failure.ts'
import type { LocalUser, ProviderAccounts } from './provider-accounts.ts'
import type { ProviderPerson } from './provider.ts'

/** What an account here may have; a provider's may be longer. */
const MAX_NAME_CHARS = 200

interface Needs {
  database: AuthDatabase
  accounts: ProviderAccounts
  rows: AccountRows
  rules: Pick<RegistrationRules, 'decide'>
  invitations: Invitations
}

interface Visit {
  invitation: string | undefined
  fromLoopback: boolean
}

/** `became`: whether the account was theirs before, was linked just now, or is new. */
export interface Chosen {
  userId: string
  became: 'known' | 'linked' | 'registered'
}

/** Whose account a person of a provider signs in to. An address alone is never enough to get one. */
export class AccountChoice {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** Two sign-ins at once, here or in another process, choose one after the other. @throws OAuthFailure */
  choose(provider: string, person: ProviderPerson, visit: Visit): Chosen {
    return this.#needs.database.transaction(() => this.#choose(provider, person, visit))
  }

  #choose(provider: string, person: ProviderPerson, visit: Visit): Chosen {
    const { accounts } = this.#needs
    const known = accounts.bySubject(provider, person.subject)
    if (known !== undefined) return { userId: enabled(known).id, became: 'known' }
    const email = provenEmail(person)
    this.#freeUnconfirmed(email)
    const local = accounts.byEmail(email)
    if (local === undefined) {
      const userId = this.#register(provider, { ...person, email }, visit)
      return { userId, became: 'registered' }
    }
    // Whoever registered an address without confirming it may be somebody else; and a second factor
    // is not to be gone round by an address.
    if (!local.emailVerified || local.twoFactor) throw new OAuthFailure('account_exists')
    accounts.link(enabled(local).id, provider, person.subject)
    return { userId: local.id, became: 'linked' }
  }

  /** For a user who is signed in and asked for it. False when it was so before. */
  linkTo(userId: string, provider: string, person: ProviderPerson): boolean {
    const { accounts, database } = this.#needs
    return database.transaction(() => {
      const owner = accounts.bySubject(provider, person.subject)
      if (owner !== undefined && owner.id !== userId) throw new OAuthFailure('already_linked')
      if (owner === undefined) accounts.link(userId, provider, person.subject)
      return owner === undefined
    })
  }

  /** Whoever registered the address has not proved it, and has never signed in; this person has. */
  #freeUnconfirmed(email: string): void {
    const { rows } = this.#needs
    const account = rows.byEmail(email)
    if (account?.unconfirmed !== true || account.disabled) return
    rows.disown(account.userId)
    rows.confirmEmail(account.userId)
  }

  #register(
    provider: string,
    { subject, email, name }: ProviderPerson & { email: string },
    { invitation, fromLoopback }: Visit,
  ): string {
    const { accounts, rows, rules, invitations } = this.#needs
    const claim = invitation === undefined ? undefined : invitations.claim(invitation, email)
    const decision = rules.decide({ email, invited: claim !== undefined, fromLoopback })
    if (!decision.allowed)
      throw new OAuthFailure('registration_refused', { cause: new Error(decision.why) })
    const userId = rows.insert({
      email,
      name: checkedName(name?.trim().slice(0, MAX_NAME_CHARS), email),
      role: 'user',
      passwordHash: null,
      emailVerified: true,
      unconfirmed: false,
    })
    accounts.link(userId, provider, subject)
    if (claim !== undefined) invitations.settle(claim, userId)
    return userId
  }
}

function enabled(user: LocalUser): LocalUser {
  if (user.disabled) throw new OAuthFailure('account_disabled')
  return user
}

/** The address in lower case, if the provider itself has proved that it is this person's. */
function provenEmail({ email, emailVerified }: ProviderPerson): string {
  const address = email === undefined ? undefined : storedEmail(email)
  if (!emailVerified || address === undefined) throw new OAuthFailure('email_not_verified')
  return address
}
