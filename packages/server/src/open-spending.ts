import type { Config } from './config/config.ts'
import type { Identities, LiveSession } from './identity/identity.ts'
import type { Journal } from './journal/journal.ts'
import type { Clock } from './platform/clock.ts'
import type { Logger } from './platform/logger.ts'
import type { Metrics } from './platform/metrics.ts'
import { Spending } from './spending/spending.ts'

/** What models use and how much they may, as the settings say. */
export const openSpending = (
  { budgets, allowsUnpriced, ledgerMonths, secrets }: Config,
  parts: { journal: Journal; clock: Clock; logger: Logger; metrics: Metrics },
): Spending =>
  new Spending({
    ...parts,
    defaults: budgets,
    allowsUnpriced,
    keepMonths: ledgerMonths,
    isSoleOwner: secrets.databaseUrl === undefined,
  })

/** Budgets of a role hold for whoever has it: each time somebody shows who they are, it is noted. */
export function notingRoles(identities: Identities, spending: Spending): Identities {
  const note = (who: Pick<LiveSession, 'userId' | 'role'>): void =>
    spending.noteRole(who.userId, who.role)
  return {
    issueTicket: (identity) => identities.issueTicket(identity),
    entrance: (isLocal) => identities.entrance(isLocal),
    onSessionEnded: (listener) => identities.onSessionEnded(listener),
    async authenticate(credentials) {
      const answer = await identities.authenticate(credentials)
      if (answer.ok) note(answer.identity)
      return answer
    },
    async redeemTicket(ticket, cookie) {
      const answer = await identities.redeemTicket(ticket, cookie)
      if (answer.ok) note(answer.identity)
      return answer
    },
    sessionState(identity) {
      const state = identities.sessionState(identity)
      if (!(state instanceof Promise)) {
        if (state.live) note(state.session)
        return state
      }
      return state.then((each) => {
        if (each.live) note(each.session)
        return each
      })
    },
  }
}
