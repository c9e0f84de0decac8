import type { Migration } from './migration.ts'

/** Written in the SQL that SQLite and PostgreSQL share: `text`, `integer`, `bigint`. */
export const rowMigrations: readonly Migration[] = [
  {
    name: 'threads, messages, runs, idempotency, files, settings',
    statements: [
      `create table thread (
        id text primary key,
        user_id text not null,
        title text not null,
        titled integer not null,
        archived integer not null,
        message_count integer not null,
        metadata text not null,
        created_at text not null,
        updated_at text not null
      )`,
      'create index thread_of_user on thread (user_id, updated_at desc)',
      `create table message (
        id text primary key,
        thread_id text not null,
        user_id text not null,
        run_id text,
        parent_id text,
        role text not null,
        text text not null,
        search_text text not null,
        attachments text not null,
        tools text not null default '[]',
        created_at text not null
      )`,
      'create index message_of_thread on message (thread_id, id)',
      'create index message_of_user on message (user_id, thread_id)',
      `create table run (
        id text primary key,
        thread_id text not null,
        user_id text not null,
        state text not null,
        agent text,
        model text,
        client_message_id text,
        parent_message_id text not null,
        trace_id text not null,
        fence bigint not null,
        attempt integer not null,
        lease_until bigint,
        cancel_requested integer not null,
        created_at text not null,
        updated_at text not null
      )`,
      'create index run_by_state on run (state, updated_at)',
      'create index run_of_thread on run (thread_id, created_at)',
      'create index run_of_user on run (user_id, state)',
      `create table idempotency (
        user_id text not null,
        client_message_id text not null,
        payload_hash text not null,
        answer text not null,
        created_at text not null,
        primary key (user_id, client_message_id)
      )`,
      'create index idempotency_by_age on idempotency (created_at)',
      `create table file (
        id text primary key,
        user_id text not null,
        name text not null,
        media_type text not null,
        bytes bigint not null,
        sha256 text not null,
        origin text not null,
        created_at text not null
      )`,
      'create index file_of_user on file (user_id, created_at)',
      `create table setting (
        key text primary key,
        value text not null,
        updated_at text not null
      )`,
    ],
  },
  {
    name: 'snapshots, approvals, what a run waits for, compaction',
    statements: [
      `create table snapshot (
        stream text primary key,
        epoch text not null,
        seq bigint not null,
        state text not null,
        hash text not null,
        made_at text not null
      )`,
      `create table approval (
        run_id text not null,
        tool_call_id text not null,
        thread_id text not null,
        user_id text not null,
        tool_name text not null,
        arguments text not null,
        fence bigint not null,
        state text not null,
        expires_at text not null,
        decided_by text,
        created_at text not null,
        primary key (run_id, tool_call_id)
      )`,
      'create index approval_of_thread on approval (thread_id)',
      'create index approval_of_user on approval (user_id, state)',
      'alter table run add column waiting_for text',
      'alter table run add column compacted integer not null default 0',
      'create index run_to_compact on run (compacted, updated_at)',
    ],
  },
  {
    name: 'how often a run was tried in vain',
    statements: ['alter table run add column tries integer not null default 0'],
  },
]
