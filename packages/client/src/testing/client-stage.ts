import { afterEach, beforeEach } from 'vitest'

import { tokenCredentials } from '../credentials.ts'
import { NetraClient, type NetraClientOptions } from '../netra-client.ts'
import { nodeTransport } from '../node.ts'
import { fastClock } from './fake-clock.ts'
import { ScriptedServer } from './scripted-server.ts'

/** A scripted server for each test, and clients of it that end with the test. */
export function clientStage() {
  let server: ScriptedServer
  let clients: NetraClient[] = []
  beforeEach(async () => {
    server = await ScriptedServer.start()
  })
  afterEach(async () => {
    for (const client of clients) client.close()
    clients = []
    await server[Symbol.asyncDispose]()
  })
  return {
    get server(): ScriptedServer {
      return server
    },
    /** Not connected yet. */
    client(options: Partial<NetraClientOptions> = {}): NetraClient {
      const client = new NetraClient({
        url: server.url,
        credentials: tokenCredentials(() => 'token'),
        transport: nodeTransport(),
        clock: fastClock(),
        random: () => 0,
        device: 'device',
        ...options,
      })
      clients.push(client)
      return client
    },
  }
}
