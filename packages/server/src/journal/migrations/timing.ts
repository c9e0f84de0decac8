import type { Migration } from './migration.ts'

/** What the time of runs went to. */
export const timingMigrations: readonly Migration[] = [
  {
    name: 'timelines of runs, what their people waited',
    statements: [
      `create table run_timeline (
        run_id text primary key,
        thread_id text not null,
        user_id text not null,
        timeline text not null
      )`,
      'create index run_timeline_of_thread on run_timeline (thread_id)',
      'create index run_timeline_of_user on run_timeline (user_id, run_id)',
      `create table run_seen (
        run_id text not null,
        device text not null,
        thread_id text not null,
        seen text not null,
        at text not null,
        primary key (run_id, device)
      )`,
      'create index run_seen_of_thread on run_seen (thread_id)',
    ],
  },
]
