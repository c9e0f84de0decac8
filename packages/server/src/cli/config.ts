import { loadConfig, SETTINGS } from '../config/config.ts'
import type { Terminal } from './terminal.ts'

/** `netra config`: every setting with its value and source; secrets only as set or not set. */
export async function printConfig(_args: string[], { env, out }: Terminal): Promise<number> {
  loadConfig(env)
  for (const setting of Object.values(SETTINGS)) {
    const given = env[setting.env]
    const isSet = given !== undefined && given !== ''
    const value = isSet ? ('secret' in setting ? '(set)' : given) : setting.default
    out(`${setting.env.padEnd(30)} ${value}  [${isSet ? 'environment' : 'default'}]`)
  }
  return 0
}
