import type { AuditEntry } from '@netra/client'

import { countOf } from '../../timeline/format.ts'
import { toolName, toolPhrase } from '../../timeline/tool-names.ts'
import { exactly } from './moments.ts'

const ACTIONS: Record<string, string> = {
  'session.began': 'Signed in',
  'session.refused': 'Sign-in refused',
  'session.ended': 'Signed out',
  'password.changed': 'Password changed',
  'password.reset': 'Password set by a link',
  'email.verified': 'Email confirmed',
  'two_factor.enabled': 'Two-factor turned on',
  'two_factor.disabled': 'Two-factor turned off',
  'two_factor.recovery_codes_made': 'Recovery codes made',
  'name.changed': 'Name changed',
  'api_key.made': 'API key made',
  'api_key.revoked': 'API key revoked',
  'role.changed': 'Role changed',
  'user.created': 'Account made',
  'user.disabled': 'Account disabled',
  'user.enabled': 'Account enabled',
  'user.unlocked': 'Sign-in unlocked',
  'user.removed': 'Account deleted',
  'invitation.made': 'Invitation made',
  'invitation.revoked': 'Invitation revoked',
  'registration.changed': 'Registration changed',
  'retention.changed': 'Retention changed',
  'budget.changed': 'Budget changed',
  'runs.stopped': 'All runs stopped',
  'runs.allowed': 'Runs may start again',
  'approval.decided': 'Approval answered',
  'agent.added': 'Agent added',
  'agent.changed': 'Agent changed',
  'agent.removed': 'Agent removed',
  'provider.linked': 'Provider linked',
  'provider.unlinked': 'Provider unlinked',
  'link.made': 'One-time link made',
  'audit.exported': 'Audit log downloaded',
  'audit.verified': 'Audit log checked',
  'service.added': 'Service added',
  'service.revoked': 'Service revoked',
  'service.token': 'Service got a token',
  'service.rotated': 'Service secret rotated',
  'test_user.made': 'Test user made',
}

/** The kinds of actions, by the start of their names. */
export const KINDS_OF_ACTION: ReadonlyMap<string, string> = new Map([
  ['session', 'Signing in and out'],
  ['password', 'Passwords'],
  ['two_factor', 'Two-factor sign-in'],
  ['email', 'Email addresses'],
  ['provider', 'Providers'],
  ['api_key', 'API keys'],
  ['user', 'Accounts'],
  ['name', 'Names'],
  ['role', 'Roles'],
  ['link', 'One-time links'],
  ['invitation', 'Invitations'],
  ['registration', 'Registration'],
  ['retention', 'Retention'],
  ['budget', 'Budgets'],
  ['runs', 'Stopping everything'],
  ['service', 'Services'],
  ['audit', 'The audit log'],
  ['test_user', 'Test users'],
])

/** What happened, in words; an action of a later version as it is named. */
export const actionWords = (action: string): string =>
  ACTIONS[action] ?? action.replaceAll(/[._]/g, ' ')

/** `why: wrong password · scopes: chat:read`; empty when there is nothing to add. */
export const detailWords = (details: AuditEntry['details']): string =>
  Object.entries(details ?? {})
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => oneDetail(name, value))
    .join(' · ')

const oneDetail = (name: string, value: unknown): string => {
  if (name === 'domains' && typeof value === 'number') {
    return value === 0 ? 'no domains' : countOf(value, 'domain')
  }
  // Of whom the servers are that it names is not known here: their tools go by what models call them.
  if (name === 'tool' && typeof value === 'string')
    return `tool: ${toolPhrase(toolName(value, []))}`
  return `${name.replaceAll('_', ' ')}: ${valueWords(value)}`
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

const valueWords = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueWords).join(', ')
  if (typeof value !== 'string') return JSON.stringify(value)
  if (MOMENT.test(value) && !Number.isNaN(Date.parse(value))) return exactly(value)
  // Of an id its start is enough for people; the export has all of it.
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)
    ? `${value.slice(0, 8)}…`
    : value.replaceAll('_', ' ')
}

const KINDS: Record<string, string> = {
  operator: 'the command line',
  nobody: 'somebody unknown',
}

/** Who or whom, by name where it is known. `names`: by user id. */
export function personWords(
  person: { kind: string; id?: string | null | undefined },
  names: ReadonlyMap<string, string>,
): string {
  const id = person.id ?? ''
  if (person.kind === 'service') return id === '' ? 'a service' : id
  if (person.kind !== 'user') return KINDS[person.kind] ?? person.kind
  return names.get(id) ?? `a user who is gone (${id.slice(0, 8)})`
}
