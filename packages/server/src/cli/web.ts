import { ConfigError, loadConfig } from '../config/config.ts'
import { openWebGateway } from '../gateway/web-gateway.ts'
import { WEB_FOLDER } from '../server.ts'
import type { Terminal } from './terminal.ts'
import { untilSignal } from './until-signal.ts'

const DEFAULT_PORT = '3000'

/** `netra web`: the web app alone, when it has a host of its own. */
export async function web(_args: string[], { env, out }: Terminal): Promise<number> {
  const config = loadConfig(env, { defaults: { PORT: DEFAULT_PORT } })
  const { webPublicUrl, publicUrl, authPublicUrl } = config
  if (webPublicUrl === undefined || publicUrl === undefined) {
    throw new ConfigError([
      'netra web needs NETRA_WEB_URL, where people open it, and NETRA_PUBLIC_URL, where browsers reach the node',
    ])
  }
  const server = await openWebGateway(
    { webUrl: webPublicUrl, apiUrl: publicUrl, authUrl: authPublicUrl, webFolder: WEB_FOLDER },
    { host: config.host, port: config.port },
  )
  // Who reads that it is ready may end it at once.
  const asked = untilSignal()
  out(`The web app of Netra is ready at ${webPublicUrl} (port ${server.port})`)
  await asked
  await server[Symbol.asyncDispose]()
  return 0
}
