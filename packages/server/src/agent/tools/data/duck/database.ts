import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

import { quoteName, quoteText } from './quote.ts'

const COMMON = {
  threads: '2',
  memory_limit: '1GB',
  max_temp_directory_size: '4GB',
  autoload_known_extensions: 'false',
  autoinstall_known_extensions: 'false',
  allow_community_extensions: 'false',
}

export interface OpenDatabase {
  connection: DuckDBConnection
  close(): void
}

async function open(path: string, options: Record<string, string>): Promise<OpenDatabase> {
  const instance = await DuckDBInstance.create(path, { ...COMMON, ...options })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  return {
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** For Netra's own statements only: this database may read and write files. */
export const openForLoading = (path: string, scratch: string): Promise<OpenDatabase> =>
  open(path, { temp_directory: scratch })

/**
 * A new engine over one file, used for one request: no table, setting or log of another request or
 * user exists in it. It cannot write the file, open another one, reach the network or be unlocked.
 */
export async function openLocked(path: string, scratch: string): Promise<OpenDatabase> {
  const database = await open(path, { access_mode: 'READ_ONLY', temp_directory: scratch })
  await lock(database)
  return database
}

/** A new engine in memory that can read these files only, by these names; not locked yet. */
export async function openBeside(
  files: readonly { path: string; name: string }[],
  scratch: string,
): Promise<OpenDatabase> {
  const database = await open(':memory:', { temp_directory: scratch })
  try {
    for (const { path, name } of files)
      await database.connection.run(`ATTACH ${quoteText(path)} AS ${quoteName(name)} (READ_ONLY)`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** From here on nothing else can be opened, and no setting changed. */
export async function lock({ connection }: OpenDatabase): Promise<void> {
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}
