import { randomBytes } from 'node:crypto'

import pg from 'pg'

/** A place of its own in the PostgreSQL of the tests; disposing it removes all that was written. */
export interface TestDatabase extends AsyncDisposable {
  /** As DATABASE_URL takes it. */
  url: string
  /** Runs one statement there, around the journal. */
  run(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]>
}

/** What `npm test` found or started; alone, a test looks where PostgreSQL usually is. */
const SERVER = process.env['TEST_DATABASE_URL'] ?? 'postgres://root@127.0.0.1:5432/postgres'

const connected = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new Error(
      `PostgreSQL is missing for the tests (looked at ${SERVER}): run npm test, which starts one, or set TEST_DATABASE_URL`,
      { cause: error },
    )
  }
  return client
}

/** Whether there is one: `npm test` sees to it, and a file that is run alone may do without. */
export const isPostgresThere = async (): Promise<boolean> => {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** A schema with a random name, chosen by the address itself. */
export async function testDatabase(): Promise<TestDatabase> {
  const schema = `netra_test_${randomBytes(6).toString('hex')}`
  const admin = await connected(SERVER)
  await admin.query(`create schema ${schema}`)
  await admin.query(`set search_path = ${schema}`)
  const url = new URL(SERVER)
  url.searchParams.set('options', `-c search_path=${schema}`)
  return {
    url: url.href,
    async run(sql, ...values) {
      const { rows } = await admin.query<Record<string, unknown>>(sql, values)
      return rows
    },
    async [Symbol.asyncDispose]() {
      await admin.query(`set client_min_messages = warning`)
      await admin.query(`drop schema ${schema} cascade`)
      await admin.end()
    },
  }
}
