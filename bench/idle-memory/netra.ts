import { loadConfig } from '../../packages/server/src/config/config.ts'
import { silentLogger } from '../../packages/server/src/platform/logger.ts'
import { startServer } from '../../packages/server/src/server.ts'
import { answerParent } from '../support/child.ts'
import { settledMemory } from './memory.ts'

/** The whole server, as `netra start` builds it, in the data folder that the bench prepared. */
const config = loadConfig({ PORT: '0', NETRA_DATA_DIR: process.env['NETRA_DATA_DIR'] })
const server = await startServer(config, { logger: silentLogger })

answerParent(
  async (request: 'port' | 'memory') => (request === 'port' ? server.port : settledMemory()),
  async () => server[Symbol.asyncDispose](),
)
