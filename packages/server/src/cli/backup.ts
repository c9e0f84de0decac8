import { resolve } from 'node:path'

import { takeBackup } from '../backup/take-backup.ts'
import { loadConfig } from '../config/config.ts'
import { VERSION } from '../version.ts'
import type { Terminal } from './terminal.ts'

export const BACKUP_USAGE = `usage: netra backup <file>    copies NETRA_DATA_DIR, beside a running server or without one, into one
                              file; NETRA_BACKUP_PASSPHRASE encrypts it`

/** Writes one file that `netra restore` makes a data folder of. */
export async function backup(args: string[], { env, out, err }: Terminal): Promise<number> {
  const [target, ...more] = args
  if (target === undefined || target.startsWith('-') || more.length > 0) {
    err(BACKUP_USAGE)
    return 2
  }
  process.umask(0o077)
  const { dataDir, secrets } = loadConfig(env)
  const begun = performance.now()
  const made = await takeBackup({
    dataDir,
    target: resolve(target),
    databaseUrl: secrets.databaseUrl,
    passphrase: secrets.backupPassphrase,
    version: VERSION,
    now: Date.now,
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const held = [
    made.journal === 'none' ? 'no conversations' : `conversations up to ${made.made_at}`,
    `${made.files.stored} file(s)`,
    made.accounts ? 'accounts' : 'no accounts',
    'keys',
  ]
  out(`${resolve(target)}: ${made.bytes} bytes in ${seconds} s; ${held.join(', ')}`)
  if (made.files.gone.length > 0) {
    err(`${made.files.gone.length} file(s) were removed while the backup was made`)
  }
  err(
    secrets.backupPassphrase === undefined
      ? 'It is not encrypted: whoever has it has every conversation, password hash and key. NETRA_BACKUP_PASSPHRASE encrypts the next one.'
      : 'It is encrypted; without NETRA_BACKUP_PASSPHRASE nobody restores it.',
  )
  return 0
}
