import type { Migration } from './migration.ts'

/** What is remembered of people, and of what long threads said at first. */
export const memoryMigrations: readonly Migration[] = [
  {
    name: 'notes about people, summaries of threads',
    statements: [
      `create table note (
        id text primary key,
        user_id text not null,
        kind text not null,
        text text not null,
        thread_id text,
        agent text,
        created_at text not null,
        updated_at text not null
      )`,
      'create index note_of_user on note (user_id, id)',
      `create table memory_choice (
        user_id text primary key,
        is_on integer not null
      )`,
      `create table thread_summary (
        thread_id text not null,
        through_message_id text not null,
        user_id text not null,
        messages integer not null,
        text text not null,
        model text not null,
        created_at text not null,
        primary key (thread_id, through_message_id)
      )`,
      'create index thread_summary_of_user on thread_summary (user_id)',
    ],
  },
]
