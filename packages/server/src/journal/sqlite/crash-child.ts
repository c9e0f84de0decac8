import { writeSync } from 'node:fs'

import { createLogger } from '../../platform/logger.ts'
import { commitUntilKilled } from '../contract-child.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

const [, , seed = '', folder = '', indexEvery = ''] = process.argv
const journal = await openSqliteJournal({
  folder,
  logger: createLogger('error'),
  indexEvery: Number(indexEvery),
})
await commitUntilKilled(journal, Number(seed), (line) => writeSync(1, `${line}\n`))
