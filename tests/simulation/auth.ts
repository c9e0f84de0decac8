import type {
  Authentication,
  Identities,
  Identity,
} from '../../packages/server/src/identity/identity.ts'
import type { Clock } from '../../packages/server/src/platform/clock.ts'
import { asId, type SessionId, type UserId } from '../../packages/server/src/platform/ids.ts'

/** A token says itself whose it is and until when; who may sign in is not what is simulated. */
export const tokenFor = (user: string, expiresAt: number, serial: number): string =>
  `${user} ${expiresAt} ${serial}`

export function tokenAuth(
  clock: Clock,
): Pick<Identities, 'authenticate' | 'redeemTicket' | 'sessionState'> {
  return {
    async authenticate({ authorization }): Promise<Authentication> {
      const [, user, until] = /^Bearer (\S+) (\d+) \d+$/.exec(authorization ?? '') ?? []
      if (user === undefined) return { ok: false, why: 'invalid' }
      if (Number(until) <= clock.now()) return { ok: false, why: 'expired' }
      const identity: Identity = {
        userId: asId<UserId>(user),
        email: `${user}@example.org`,
        name: user,
        role: 'user',
        sessionId: asId<SessionId>(`session-${user}`),
        expiresAt: new Date(Number(until)).toISOString(),
        kind: 'token',
        scopes: null,
        isTestUser: false,
      }
      return { ok: true, identity, setCookies: [] }
    },
    sessionState(identity) {
      const expiresAtMs = Date.parse(identity.expiresAt)
      return { live: true, session: { ...identity, expiresAtMs, idleEndMs: expiresAtMs } }
    },
    redeemTicket: async () => ({ ok: false, why: 'invalid' }),
  }
}
