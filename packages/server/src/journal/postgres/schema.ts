import type { Client } from 'pg'

import { BESIDE } from '../migrations/beside.ts'
import type { Migration } from '../migrations/migration.ts'
import { rowMigrations } from '../migrations/migrations.ts'

/**
 * Payloads are bytes, for PostgreSQL's text holds no NUL. `hash` is that of the payload as it was
 * first written and stays when the payload goes; `kept_hash` is that of what a compaction left in
 * its place. `chain` stands on the last event of each append.
 */
export const eventMigrations: readonly Migration[] = [
  {
    name: 'epochs, streams, events',
    statements: [
      `create table epoch (
        number integer primary key,
        name text not null unique,
        why text not null,
        at timestamptz not null default clock_timestamp()
      )`,
      `create table stream (
        id bigint generated always as identity primary key,
        name text not null unique,
        head bigint not null,
        chain bytea not null,
        epoch integer not null,
        removed_through bigint not null default 0
      ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)`,
      `create table event (
        stream bigint not null,
        seq bigint not null,
        payload bytea,
        hash bytea not null,
        kept_hash bytea,
        chain bytea,
        primary key (stream, seq)
      )`,
      `create table damaged_event (
        stream bigint not null,
        seq bigint not null,
        payload bytea,
        hash bytea not null,
        at timestamptz not null default clock_timestamp()
      )`,
    ],
  },
]

/** A number that other users of the database do not take; each schema has a lock of its own. */
const LOCK = 723_820_190

/**
 * Brings the tables to their newest version; processes that start together take turns. Text sorts by
 * its bytes, as in SQLite, whatever the database was made with.
 */
export async function migrate(client: Client): Promise<void> {
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1, hashtext(current_schema()))', [LOCK])
    await client.query(
      'create table if not exists schema_version (part text primary key, version integer not null)',
    )
    await bringUp(client, 'events', eventMigrations)
    await bringUp(client, 'rows', rowMigrations)
    for (const [part, steps] of Object.entries(BESIDE)) await bringUp(client, part, steps)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

async function bringUp(client: Client, part: string, steps: readonly Migration[]): Promise<void> {
  const found = await client.query<{ version: number }>(
    'select version from schema_version where part = $1',
    [part],
  )
  const version = found.rows[0]?.version ?? 0
  if (version > steps.length) {
    throw new Error(
      `the database of DATABASE_URL was written by a newer Netra (schema "${part}" ${version}, ` +
        `this one knows ${steps.length}); start that version again, or use another database`,
    )
  }
  for (const { statements } of steps.slice(version)) {
    for (const statement of statements) await client.query(sortedByBytes(statement))
  }
  await client.query(
    `insert into schema_version (part, version) values ($1, $2)
     on conflict (part) do update set version = excluded.version`,
    [part, steps.length],
  )
}

const sortedByBytes = (statement: string): string =>
  statement.replaceAll(/(\w+) text\b/g, '$1 text collate "C"')
