import type { Migration } from './migration.ts'

/** What models used, what was counted of it, and how much may be. */
export const spendingMigrations: readonly Migration[] = [
  {
    name: 'calls of models, what was spent, budgets',
    statements: [
      `create table model_call (
        id text primary key,
        run_id text not null,
        thread_id text not null,
        user_id text not null,
        agent text,
        model text not null,
        at text not null,
        ms bigint not null,
        status text not null,
        input_tokens bigint not null,
        cached_input_tokens bigint not null,
        output_tokens bigint not null,
        estimated integer not null,
        cost_usd double precision
      )`,
      'create index model_call_of_user on model_call (user_id, at)',
      'create index model_call_by_age on model_call (at)',
      'create index model_call_of_run on model_call (run_id)',
      `create table spent (
        period text not null,
        user_id text not null,
        tokens bigint not null,
        cost_usd double precision not null,
        calls bigint not null,
        unpriced bigint not null,
        primary key (period, user_id)
      )`,
      'create index spent_of_user on spent (user_id)',
      `create table budget (
        scope text primary key,
        limits text not null,
        updated_at text not null,
        updated_by text not null
      )`,
      `create table budget_told (
        user_id text not null,
        budget text not null,
        period text not null,
        percent integer not null,
        at text not null,
        primary key (user_id, budget, period, percent)
      )`,
      `create table stop_order (
        scope text primary key,
        why text not null,
        by_user text not null,
        at text not null
      )`,
    ],
  },
]
