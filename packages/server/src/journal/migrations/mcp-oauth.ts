import type { Migration } from './migration.ts'

/** How people signed in to MCP servers. What proves who they are is sealed. */
export const mcpOauthMigrations: readonly Migration[] = [
  {
    name: 'tokens for MCP servers, clients registered there, sign-ins under way',
    statements: [
      `create table mcp_token (
        user_id text not null,
        server_id text not null,
        sealed text,
        scope text,
        wanted text,
        problem text,
        claim text,
        claimed_until text,
        created_at text not null,
        updated_at text not null,
        primary key (user_id, server_id)
      )`,
      `create table mcp_oauth_client (
        server_id text not null,
        issuer text not null,
        sealed text not null,
        updated_at text not null,
        primary key (server_id, issuer)
      )`,
      `create table mcp_oauth_state (
        state_hash text primary key,
        user_id text not null,
        server_id text not null,
        browser_hash text not null,
        sealed text not null,
        taken_by text,
        expires_at text not null
      )`,
    ],
  },
]
