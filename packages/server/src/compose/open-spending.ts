import type { Auth } from '../auth/auth.ts'
import type { Commands } from '../command/command.ts'
import type { Config } from '../config/config.ts'
import type { Identities, LiveSession } from '../identity/identity.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Spending, userIdOf, type StopScope } from '../spending/spending.ts'
import { StopInbox } from './stop-inbox.ts'

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

/** What the command line wishes of this node: as an administrator's page would. */
export const openStopInbox = (
  { dataDir }: Config,
  parts: {
    commands: Commands
    spending: Spending
    auth: Auth | undefined
    clock: Clock
    logger: Logger
  },
): StopInbox =>
  new StopInbox({ dataDir, ...parts }, async ({ scope, why }) => {
    const { commands, spending, auth, logger } = parts
    const meant = scope as StopScope
    const userId = userIdOf(scope)
    const about = { actor: { kind: 'operator' as const }, ...(userId !== undefined && { userId }) }
    const everyone = userId === undefined
    const whose = everyone ? 'of everybody' : 'of one person'
    if (why === null) {
      const stood = await spending.orders.lift(meant)
      auth?.audit.record({ ...about, action: 'runs.allowed', details: { everyone } })
      return stood ? `Runs ${whose} may start again.` : `No order stood: runs ${whose} may start.`
    }
    const stopped = await commands.stopAll({ scope: meant, why, by: 'operator' })
    logger.warn({ stopped, everyone }, 'the command line stopped all runs')
    auth?.audit.record({ ...about, action: 'runs.stopped', details: { everyone, stopped } })
    return `${stopped} ${stopped === 1 ? 'run is' : 'runs are'} stopped, and nothing ${whose} starts until it is let.`
  })
