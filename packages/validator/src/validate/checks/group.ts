import type { Cause, Check, Group } from '../check.ts'

/** The checks of one group, which need not name it. */
export const inGroup = (group: Group, checks: readonly Omit<Check, 'group'>[]): readonly Check[] =>
  checks.map((check) => Object.assign({ group }, check))

/** A cause that fits whatever was seen. */
export const cause = (what: string, fix: string, when?: RegExp): Cause => ({
  cause: what,
  fix,
  ...(when && { when }),
})
