import { testDatabase } from '../../../../../tests/support/postgres.ts'
import { silentLogger } from '../../platform/logger.ts'
import type { StoreUnderTest } from '../contract-store.ts'
import { journalContract } from '../contract.ts'
import { openPostgresJournal } from './postgres-journal.ts'

async function openStore(): Promise<StoreUnderTest> {
  const database = await testDatabase()
  const open = () => openPostgresJournal({ url: database.url, logger: silentLogger, scrubMs: 20 })
  let journal = await open()
  return {
    journal,
    async reopen() {
      await journal[Symbol.asyncDispose]()
      journal = await open()
      return journal
    },
    async damage(stream, seq) {
      await database.run(
        `update event set payload = set_byte(payload, 2, get_byte(payload, 2) # 1)
         where stream = (select id from stream where name = $1) and seq = $2`,
        stream,
        seq,
      )
    },
    crash: { script: new URL('./crash-child.ts', import.meta.url), args: [database.url] },
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

journalContract('PostgreSQL journal', openStore)
