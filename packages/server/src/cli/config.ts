import { ConfigError, examineConfig, SETTINGS, type Given } from '../config/config.ts'
import { shownValue } from '../config/settings-shown.ts'
import type { Terminal } from './terminal.ts'

export const CONFIG_USAGE = `usage: netra config            every setting, its value and where it comes from
       netra config --json     the same for programs
       netra config check      only what is wrong, and what is unwise`

interface Shown {
  name: string
  /** Null when it is absent; of a secret only whether it is set. */
  value: string | null
  is_set: boolean
  is_secret: boolean
  source: string
  default: string
  doc: string
}

/** `netra config`: what the settings are and what is wrong with them; a secret is never shown. */
export async function printConfig(args: string[], { env, out, err }: Terminal): Promise<number> {
  const [verb] = args
  if (args.length > 1 || (verb !== undefined && verb !== '--json' && verb !== 'check')) {
    err(CONFIG_USAGE)
    return 2
  }
  const { config, problems, given } = examineConfig(env)
  const { environment, warnings } = config
  const shown = settingsShown(given)
  if (verb === '--json') {
    out(JSON.stringify({ environment, settings: shown, problems, warnings }, null, 2))
    return problems.length === 0 ? 0 : 1
  }
  if (verb === undefined) for (const setting of shown) out(lineOf(setting))
  for (const warning of warnings) out(`unwise: ${warning}`)
  if (problems.length > 0) err(new ConfigError(problems).message)
  else if (verb === 'check') out(`The configuration for ${environment} has no problem.`)
  return problems.length === 0 ? 0 : 1
}

const settingsShown = (given: ReadonlyMap<string, Given>): Shown[] =>
  Object.values(SETTINGS).map((setting) => {
    const { env: name, default: byDefault, doc } = setting
    const found = given.get(name)
    const isSecret = 'secret' in setting
    return {
      name,
      value: found === undefined || isSecret ? null : shownValue(found.text),
      is_set: found !== undefined,
      is_secret: isSecret,
      source: found?.from ?? 'default',
      default: byDefault,
      doc,
    }
  })

function lineOf({ name, value, is_set: isSet, source, default: byDefault }: Shown): string {
  const shown = value ?? (isSet ? '(set)' : byDefault)
  return `${name.padEnd(30)} ${shown}  [${source}]`
}
