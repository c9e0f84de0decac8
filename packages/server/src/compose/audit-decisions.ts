import type { Auth } from '../auth/auth.ts'
import type { DecidedCall } from '../run/run.ts'

/** Who answered what, for the audit log: never the arguments, nor what was filled in. */
export const auditOf = ({ userId, runId, tool, by, action }: DecidedCall) =>
  ({
    actor: by === 'expiry' ? { kind: 'nobody' } : { kind: 'user', id: by },
    action: 'approval.decided',
    outcome: action === 'accept' ? 'ok' : 'refused',
    userId,
    details: { tool, run_id: runId, answer: action, expired: by === 'expiry' },
  }) satisfies Parameters<Auth['audit']['record']>[0]
