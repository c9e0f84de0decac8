import type { Migration } from './migration.ts'

/** Plans that people adopted. */
export const planMigrations: readonly Migration[] = [
  {
    name: 'adopted plans',
    statements: [
      `create table plan (
        id text primary key,
        user_id text not null,
        thread_id text not null,
        run_id text not null,
        title text not null,
        steps text not null,
        created_at text not null
      )`,
      'create index plan_of_user on plan (user_id, created_at)',
      'create index plan_of_thread on plan (thread_id)',
    ],
  },
  {
    name: 'what an adopted plan saves, and the report it stands in',
    statements: ['alter table plan add column about text'],
  },
]
