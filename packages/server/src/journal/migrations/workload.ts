import type { Migration } from './migration.ts'

/** How people said that their files are to be read, and calls that applications sent. */
export const workloadMigrations: readonly Migration[] = [
  {
    name: 'mappings of files, batches of spans',
    statements: [
      `create table workload_mapping (
        file_id text primary key,
        user_id text not null,
        mapping text not null,
        updated_at text not null
      )`,
      'create index workload_mapping_of_user on workload_mapping (user_id)',
      `create table span_batch (
        id text primary key,
        user_id text not null,
        received_at text not null,
        first_at text not null,
        last_at text not null,
        spans bigint not null,
        bytes bigint not null,
        body text not null
      )`,
      // All but the body, so that what is kept of a person is summed without reading it.
      'create index span_batch_of_user on span_batch (user_id, id, first_at, last_at, spans, bytes)',
    ],
  },
  {
    name: 'which service the calls of a batch are of',
    statements: [
      `create table span_service (
        batch_id text not null,
        user_id text not null,
        service text not null,
        spans bigint not null,
        first_at text not null,
        last_at text not null,
        primary key (batch_id, service)
      )`,
      'create index span_service_of_user on span_service (user_id, service)',
    ],
  },
]
