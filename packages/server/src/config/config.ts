import { normalize, type Config } from './normalize.ts'
import { readSettings, SETTINGS, type Settings } from './settings.ts'

export type { Config, Settings }
export { SETTINGS }

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : 'problems'}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/**
 * Environment → settings → derived configuration. Pure.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const { settings, problems, unread } = readSettings(env)
  const normalized = normalize(settings)
  // What could not be read looks absent to the checks between settings: what they say of it misleads.
  const between = normalized.problems.filter(
    (problem) => !unread.some((name) => new RegExp(`\\b${name}\\b`).test(problem)),
  )
  const all = [...problems, ...between]
  if (all.length > 0) throw new ConfigError(all)
  return normalized.config
}
