import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { silentLogger } from '../../platform/logger.ts'
import type { StoreUnderTest } from '../contract-store.ts'
import { journalContract } from '../contract.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

async function openStore(indexEvery: number): Promise<StoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'netra-journal-'))
  const open = () => openSqliteJournal({ folder, logger: silentLogger, indexEvery })
  let journal = await open()
  return {
    journal,
    async reopen() {
      await journal[Symbol.asyncDispose]()
      journal = await open()
      return journal
    },
    async damage(stream, seq) {
      const database = new DatabaseSync(join(folder, 'journal.db'))
      database
        .prepare(
          `update log set payload = '"forged"'
           where seq = ? and stream = (select id from stream where name = ?)`,
        )
        .run(seq, stream)
      database.close()
    },
    crash: {
      script: new URL('./crash-child.ts', import.meta.url),
      args: [folder, String(indexEvery)],
    },
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

journalContract('SQLite journal', () => openStore(16_384))
journalContract('SQLite journal, events mostly in segments', () => openStore(5))
