import { openAuth, type Auth } from './auth/auth.ts'
import type { Config } from './config/config.ts'
import type { Clock } from './platform/clock.ts'
import type { Logger } from './platform/logger.ts'

/** The auth service as the settings say, for a node that has it inside and for `netra auth` alike. */
export function openConfiguredAuth(
  config: Config,
  parts: { publicUrl: string; shared: boolean; clock: Clock; logger: Logger },
): Promise<Auth> {
  return openAuth({
    folder: config.dataDir,
    accessTokenSeconds: config.accessTokenSeconds,
    ...parts,
  })
}
