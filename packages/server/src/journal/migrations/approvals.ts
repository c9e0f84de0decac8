import type { Migration } from './migration.ts'

/** What a person was asked beside the call itself, with what they answered; what needs no asking. */
export const approvalMigrations: readonly Migration[] = [
  {
    name: 'questions, what would change, answers, tools that run unasked',
    statements: [
      `create table approval_asked (
        run_id text not null,
        tool_call_id text not null,
        fence bigint not null,
        thread_id text not null,
        user_id text not null,
        agent text,
        server text,
        question text,
        change text,
        interrupted integer not null default 0,
        state text,
        bound_to text,
        asked_at text not null,
        action text,
        content text,
        reason text,
        decided_by text,
        decided_at text,
        primary key (run_id, tool_call_id, fence)
      )`,
      'create index approval_asked_of_thread on approval_asked (thread_id)',
      'create index approval_asked_of_user on approval_asked (user_id, asked_at)',
      `create table tool_unasked (
        user_id text not null,
        tool_name text not null,
        definition text not null,
        at text not null,
        primary key (user_id, tool_name)
      )`,
    ],
  },
]
