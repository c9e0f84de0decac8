import type { Migration } from '../migrations/migrations.ts'

/**
 * The log itself. `log` grows at its end only and has no index beside its row id: an index on the
 * stream would dirty one page for each active stream in every commit. `segment` says, for a stretch
 * of a stream, in which rows it lies; it is written later, many events at once.
 */
export const logMigrations: readonly Migration[] = [
  {
    name: 'log, streams, segments, epochs',
    statements: [
      'create table stream (id integer primary key, name text not null unique)',
      `create table log (
        id integer primary key,
        stream integer not null,
        seq integer not null,
        payload text,
        hash blob not null,
        chain blob
      )`,
      `create table segment (
        stream integer not null,
        last_seq integer not null,
        first_seq integer not null,
        rows blob not null,
        primary key (stream, last_seq)
      ) without rowid`,
      'create table indexed (only integer primary key check (only = 1), through integer not null)',
      'insert into indexed (only, through) values (1, 0)',
      `create table epoch (
        id integer primary key,
        epoch text not null,
        first_row integer not null,
        why text not null,
        at text not null
      )`,
    ],
  },
]
