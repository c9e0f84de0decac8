import { writeSync } from 'node:fs'

import { createLogger } from '../../platform/logger.ts'
import { commitUntilKilled } from '../contract-child.ts'
import { openPostgresJournal } from './postgres-journal.ts'

const [, , seed = '', url = ''] = process.argv
const journal = await openPostgresJournal({ url, logger: createLogger('error') })
await commitUntilKilled(journal, Number(seed), (line) => writeSync(1, `${line}\n`))
