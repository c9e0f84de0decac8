/**
 * What holds in an environment when nothing else is given, where that differs from development. What
 * is refused there stands with what it is about: test-users and bypasses in normalize.ts, weak
 * secrets in weak-secrets.ts.
 */
export const PROFILES: Record<string, Readonly<Record<string, string>>> = {
  development: {},
  staging: { NETRA_LOG_LEVEL: 'info' },
  production: { NETRA_LOG_LEVEL: 'info' },
}
