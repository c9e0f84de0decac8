import type { Migration } from '../migrations/migration.ts'

/**
 * The log itself. `log` and `segment` grow at their ends only: an index on the stream would dirty one
 * page for each active stream, in every commit or at every index pass. A segment says in which rows a
 * stretch of one stream lies, and names the segment before it; the stream names its last one.
 *
 * `removal` lists disjoint ranges of events that nobody reads any more, all but `kept_seq`. `note` is
 * the row of the log that says so; up to `erased_to` the payloads are gone from the file as well.
 */
export const logMigrations: readonly Migration[] = [
  {
    name: 'log, streams, segments, epochs',
    statements: [
      `create table stream (
        id integer primary key,
        name text not null unique,
        indexed_to integer not null default 0,
        segment integer not null default 0
      )`,
      `create table log (
        id integer primary key,
        stream integer not null,
        seq integer not null,
        payload text,
        hash blob not null,
        chain blob
      )`,
      `create table segment (
        id integer primary key,
        first_seq integer not null,
        previous integer not null,
        rows blob not null
      )`,
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
  {
    name: 'what was removed',
    statements: [
      `create table removal (
        id integer primary key,
        stream integer not null,
        first_seq integer not null,
        last_seq integer not null,
        kept_seq integer not null,
        note integer not null,
        erased_to integer not null
      )`,
      'create index removal_of_stream on removal (stream, first_seq)',
      'create index removal_pending on removal (id) where erased_to < last_seq',
    ],
  },
]
