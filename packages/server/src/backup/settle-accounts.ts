import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What was ended, and how much there is that only people can judge. */
export interface SettledAccounts {
  invitations: number
  links: number
  apiKeys: number
  services: string[]
}

/**
 * What must not come back with yesterday's accounts: sign-ins, among which may be some that were ended
 * since, links and invitations, which may have been used since, mails that were under way, and the
 * position of nodes that follow this store, which is now another one. Conversations of
 * people who were removed while the backup was made are handed to the server to erase.
 *
 * @throws when the store is damaged.
 */
export function settleAccounts(
  folder: string,
  { keepSessions, now }: { keepSessions: boolean; now: () => number },
): SettledAccounts {
  const database = new DatabaseSync(join(folder, 'auth.db'), { enableForeignKeyConstraints: true })
  try {
    const [found] = database.prepare('pragma integrity_check').all()
    if (found?.['integrity_check'] !== 'ok') throw new Error('auth.db in it is damaged')
    if (!keepSessions) database.exec('delete from session')
    const ended = (table: string, which = ''): number =>
      hasTable(database, table)
        ? Number(database.prepare(`delete from ${table} ${which}`).run().changes)
        : 0
    const invitations = ended('invitation', 'where used_by is null')
    const links = ended('one_time_link')
    ended('two_factor_challenge')
    ended('mail_outbox')
    const all = (table: string): string[] =>
      hasTable(database, table)
        ? database
            .prepare(`select id from ${table} order by id`)
            .all()
            .map((row) => String(row['id']))
        : []
    const settled = { invitations, links, apiKeys: all('api_key').length, services: all('service') }
    if (hasTable(database, 'auth_change_epoch')) {
      database.exec('update auth_change_epoch set epoch = lower(hex(randomblob(8)))')
    }
    const journal = join(folder, 'journal.db')
    if (existsSync(journal) && hasTable(database, 'user_removal')) {
      database.prepare('attach ? as journal').run(journal)
      database
        .prepare(
          `insert or ignore into user_removal (user_id, removed_at)
           select distinct user_id, ? from journal.thread
           where user_id not in (select id from user)`,
        )
        .run(now())
      database.exec('detach journal')
    }
    database.exec('pragma wal_checkpoint(truncate)')
    return settled
  } finally {
    database.close()
  }
}

const hasTable = (database: DatabaseSync, name: string): boolean =>
  database.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !==
  undefined
