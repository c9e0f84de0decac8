import { normalize, type Config } from './normalize.ts'
import { readSettings, SETTINGS, type ReadOptions, type Settings } from './settings.ts'
import type { Environment, Given } from './sources.ts'

export type { Config, Given, Settings }
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
 * Environment and files → settings → derived configuration.
 *
 * @throws ConfigError with every problem at once.
 */
export function loadConfig(env: Environment, options: ReadOptions = {}): Config {
  const { config, problems } = examineConfig(env, options)
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** As `loadConfig`, but tells what is wrong beside what could be made of it, and where values came from. */
export function examineConfig(
  env: Environment,
  options: ReadOptions = {},
): { config: Config; problems: string[]; given: ReadonlyMap<string, Given> } {
  const { settings, problems, warnings, unread, given } = readSettings(env, options)
  const normalized = normalize(settings)
  // What could not be read looks absent to the checks between settings: what they say of it misleads.
  const between = normalized.problems.filter(
    (problem) => !unread.some((name) => new RegExp(`\\b${name}\\b`).test(problem)),
  )
  const config = { ...normalized.config, warnings: [...normalized.config.warnings, ...warnings] }
  return { config, problems: [...problems, ...between], given }
}
