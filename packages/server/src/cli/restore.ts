import { resolve } from 'node:path'

import { restoreBackup } from '../backup/restore-backup.ts'
import { loadConfig } from '../config/config.ts'
import { beginRestoredEpoch, isEmptyDatabase } from '../journal/postgres/restored.ts'
import { pendingJournalMigrations } from '../journal/sqlite/pending-migrations.ts'
import { Writer } from '../journal/sqlite/writer.ts'
import type { Terminal } from './terminal.ts'

export const RESTORE_USAGE = `usage: netra restore <file> --into <folder> [--keep-sessions] [--unencrypted]
  Makes a data folder of a backup. People sign in anew, unless --keep-sessions is given. With
  NETRA_BACKUP_PASSPHRASE set it must be encrypted, unless --unencrypted is given.`

const FLAGS = new Set(['--keep-sessions', '--unencrypted'])

/** A new data folder of what `netra backup` wrote. */
export async function restore(args: string[], { env, out, err }: Terminal): Promise<number> {
  const [source, flag, into, ...more] = args
  const isWellFormed =
    source !== undefined &&
    flag === '--into' &&
    into !== undefined &&
    more.every((word, index) => FLAGS.has(word) && more.indexOf(word) === index)
  if (!isWellFormed) {
    err(RESTORE_USAGE)
    return 2
  }
  process.umask(0o077)
  const { secrets } = loadConfig(env)
  const begun = performance.now()
  const keepSessions = more.includes('--keep-sessions')
  const { made_at, journal, settled } = await restoreBackup({
    source: resolve(source),
    into: resolve(into),
    databaseUrl: secrets.databaseUrl,
    passphrase: secrets.backupPassphrase,
    unencrypted: more.includes('--unencrypted'),
    keepSessions,
    now: Date.now,
    journals: {
      // Data of an older version keeps its form: without its mark the first start gives a new epoch.
      beginInFolder(folder, why) {
        if (pendingJournalMigrations(folder).length > 0) return
        new Writer({ folder, at: new Date().toISOString(), newEpoch: why }).close()
      },
      isEmptyDatabase,
      beginInDatabase: beginRestoredEpoch,
    },
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  out(`${resolve(into)}: as of ${made_at}, restored in ${seconds} s`)
  out(`Start it with NETRA_DATA_DIR=${resolve(into)}`)
  if (journal !== 'none') {
    err('What came after that moment is not in it; clients are told to begin anew.')
  }
  if (settled) {
    const { invitations, links, apiKeys, services } = settled
    err(
      `${keepSessions ? 'Sign-ins of that moment are good again' : 'Everybody signs in anew'}. Accounts removed, disabled or given another password since are as they were: do that again.`,
    )
    err(
      `Ended, as they may have been used since: ${invitations} invitation(s), ${links} link(s) to confirm an address or set a password, all half sign-ins and unsent e-mails. Invite those people again.`,
    )
    err(
      `Look through what was revoked since and is good again: ${apiKeys} API key(s), and the secrets of ${services.length === 0 ? 'no services' : `the services ${services.join(', ')}`} (netra service list).`,
    )
  }
  return 0
}
