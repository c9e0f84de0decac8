import type { Migration } from './migration.ts'

/** MCP servers that people and administrators connected, and what they agreed to. */
export const mcpMigrations: readonly Migration[] = [
  {
    name: 'MCP servers, consent to their tools',
    statements: [
      `create table mcp_server (
        id text primary key,
        user_id text not null,
        slug text not null,
        name text not null,
        transport text not null,
        url text,
        command text,
        secrets text,
        trusted integer not null,
        enabled integer not null,
        timeout_ms integer not null,
        about text not null,
        problem text,
        created_by text not null,
        created_at text not null,
        updated_at text not null,
        looked_at text
      )`,
      'create unique index mcp_server_of_user on mcp_server (user_id, slug)',
      `create table mcp_consent (
        server_id text not null,
        tool text not null,
        seen_hash text,
        seen text,
        seen_at text not null,
        pinned_hash text,
        pinned text,
        pinned_by text,
        pinned_at text,
        asks text not null,
        primary key (server_id, tool)
      )`,
    ],
  },
]
