import type { Migration } from '../migrations/migrations.ts'

/**
 * The log itself. `log` and `segment` grow at their ends only: an index on the stream would dirty one
 * page for each active stream, in every commit or at every index pass. A segment says in which rows a
 * stretch of one stream lies, and names the segment before it; the stream names its last one.
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
]
