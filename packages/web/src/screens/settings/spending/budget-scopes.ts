/** For whom a budget is written; each person's own scope is `user:<id>`. */
export const SCOPES = [
  { scope: 'everyone', name: 'Everybody together' },
  { scope: 'role:user', name: 'Each user' },
  { scope: 'role:admin', name: 'Each administrator' },
  { scope: 'person', name: 'One person' },
] as const
