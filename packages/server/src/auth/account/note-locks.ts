import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { networkOf } from '../../platform/network.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Locked } from './attempts.ts'
import type { Users } from './users.ts'

/** Where a lock is written down: once when it begins, so that a flood of guesses fills no log. */
export function noteLocks({
  audit,
  users,
  logger,
  metrics,
}: {
  audit: AuditLog
  users: Pick<Users, 'findByEmail'>
  logger: Logger
  metrics?: Metrics | undefined
}): (locked: Locked) => void {
  const locks = metrics?.counter(
    'netra_sign_in_locks_total',
    'Times that too many failures locked an address, an account or both together.',
    ['what'],
  )
  return ({ what, address, account, untilMs }) => {
    const userId = account === undefined ? undefined : users.findByEmail(account)?.id
    locks?.add({ what })
    logger.warn({ what, user_id: userId, ip: address }, 'locked after too many failed attempts')
    audit.record({
      actor: { kind: 'nobody' },
      action: 'session.refused',
      outcome: 'refused',
      userId,
      address,
      details: {
        why: 'locked',
        what,
        network: networkOf(address),
        until: new Date(untilMs).toISOString(),
      },
    })
  }
}
