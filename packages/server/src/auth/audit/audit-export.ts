import type { AuditEntry, AuditLog } from './audit-log.ts'

/** An entry as it leaves: over HTTP, and in every export. */
export const shownEntry = (entry: AuditEntry) => ({
  position: entry.position,
  at: entry.at,
  actor: { kind: entry.actor.kind, id: entry.actor.id ?? null },
  action: entry.action,
  outcome: entry.outcome,
  user_id: entry.userId ?? null,
  address: entry.address ?? null,
  details: entry.details ?? {},
  address_hash: entry.addressHash ?? null,
  hash: entry.hash,
})

const COLUMNS = [
  'position',
  'at',
  'actor_kind',
  'actor_id',
  'actor_email',
  'action',
  'outcome',
  'user_id',
  'user_email',
  'address',
  'details',
  'address_hash',
  'hash',
] as const

/**
 * The whole log as text, piece by piece. Its last line says whether the log is as it was written:
 * the entry `audit.verified`, which has no position and is not part of the log. The e-mail addresses
 * are of now, for who reads it: the log has ids alone, and its hashes are over what it has.
 */
export async function* exportAudit(
  log: AuditLog,
  emailOf: (userId: string) => string | null,
  format: 'jsonl' | 'csv',
  now: () => string,
): AsyncGenerator<string> {
  const line = format === 'jsonl' ? jsonLine : csvLine
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`
  const pages = log.read()
  for (;;) {
    const next = await pages.next()
    if (!next.done) {
      yield next.value.map((entry) => line(withEmails(shownEntry(entry), emailOf))).join('')
      continue
    }
    const verdict = next.value
    yield line({
      position: null,
      at: now(),
      actor: { kind: 'service', id: null },
      action: 'audit.verified',
      outcome: verdict.intact ? 'ok' : 'refused',
      actor_email: null,
      user_id: null,
      user_email: null,
      address: null,
      details: verdict.intact
        ? { entries: verdict.entries }
        : { position: verdict.position, problem: verdict.problem },
      address_hash: null,
      hash: verdict.intact ? verdict.head : null,
    })
    return
  }
}

function withEmails(
  { actor, user_id, ...rest }: ReturnType<typeof shownEntry>,
  emailOf: (userId: string) => string | null,
) {
  return {
    actor,
    actor_email: actor.kind === 'user' && actor.id !== null ? emailOf(actor.id) : null,
    user_id,
    user_email: user_id === null ? null : emailOf(user_id),
    ...rest,
  }
}

type Line = Omit<ReturnType<typeof withEmails>, 'position' | 'hash'> & {
  position: number | null
  hash: string | null
}

const jsonLine = (line: Line): string => `${JSON.stringify(line)}\n`

function csvLine({ actor, details, ...rest }: Line): string {
  const cells: Record<(typeof COLUMNS)[number], string | number | null> = {
    ...rest,
    actor_kind: actor.kind,
    actor_id: actor.id,
    details: JSON.stringify(details),
  }
  return `${COLUMNS.map((column) => csvCell(cells[column])).join(',')}\r\n`
}

/** A spreadsheet takes what begins like a formula for one; with an apostrophe it stays text. */
function csvCell(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  const safe = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
