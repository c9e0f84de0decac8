/** server/src folder → the folders it may import (types included). The order is the data flow. */
export const MAY_IMPORT: Record<string, readonly string[]> = {
  gateway: [
    'auth',
    'identity',
    'access',
    'command',
    'hub',
    'mcp',
    'health',
    'memory',
    'service-levels',
    'spans',
    'spending',
    'platform',
  ],
  command: ['access', 'run', 'spending', 'journal', 'files', 'platform'],
  access: ['journal', 'platform'],
  run: ['agent', 'spending', 'journal', 'platform'],
  mcp: ['agent', 'platform'],
  agent: ['files', 'platform'],
  spans: ['journal', 'platform'],
  spending: ['journal', 'platform'],
  memory: ['journal', 'platform'],
  hub: ['journal', 'platform'],
  health: ['platform'],
  backup: ['platform'],
  'service-levels': ['platform'],
  telemetry: ['platform'],
  journal: ['platform'],
  files: ['platform'],
  'auth-client': ['identity', 'platform'],
  auth: ['identity', 'platform'],
  identity: ['platform'],
  config: ['platform'],
  platform: [],
}

/** Composition root and command line: they may see every folder, and nothing may import them. */
export const ROOTS: readonly string[] = ['', 'cli']

/** Third-party package → the only places below server/src that may import it. */
export const HOME: Record<string, readonly string[]> = {
  ws: ['gateway/'],
  fastify: ['gateway/'],
  '@fastify/static': ['gateway/'],
  '@fastify/multipart': ['gateway/'],
  fflate: ['gateway/http/'],
  '@modelcontextprotocol/server': ['gateway/mcp-server/'],
  '@fastify/proxy-addr': ['gateway/'],
  'better-auth': ['auth/'],
  nodemailer: ['auth/mail/'],
  'openid-client': ['auth/'],
  jose: ['auth/'],
  '@ai-sdk/openai': ['agent/model/'],
  '@ai-sdk/anthropic': ['agent/model/'],
  '@ai-sdk/google': ['agent/model/'],
  '@ai-sdk/openai-compatible': ['agent/model/'],
  '@ai-sdk/provider': ['agent/'],
  '@pydantic/genai-prices': ['agent/'],
  '@modelcontextprotocol/client': ['mcp/'],
  '@duckdb/node-api': ['agent/tools/'],
  cockatiel: ['platform/'],
  'gpt-tokenizer': ['agent/context/'],
  otpauth: ['auth/account/'],
  pg: ['journal/postgres/'],
  yaml: ['agent/own/'],
  '@ag-ui/core': ['agent/ag-ui/', 'gateway/ag-ui/'],
  pino: ['platform/'],
  'prom-client': ['platform/'],
  ...Object.fromEntries(
    [
      'api',
      'core',
      'resources',
      'sdk-trace',
      'sdk-logs',
      'sdk-metrics',
      'exporter-trace-otlp-http',
      'exporter-logs-otlp-http',
      'exporter-metrics-otlp-http',
    ].map((name) => [`@opentelemetry/${name}`, ['telemetry/']]),
  ),
  kysely: ['platform/', 'journal/', 'auth/', 'access/', 'command/', 'run/', 'files/', 'spans/', 'spending/'],
  'node:sqlite': ['platform/', 'journal/', 'auth/', 'backup/'],
}

/** workspace package → the workspace packages it may import. */
export const PACKAGES_MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  client: ['protocol'],
  web: ['client', 'protocol'],
  server: ['protocol'],
  'agent-kit': ['server'],
  validator: ['protocol'],
}

/** server/src folders that speak of the wire; the others must not import the protocol package. */
export const KNOWS_PROTOCOL: readonly string[] = [
  'gateway',
  'command',
  'access',
  'run',
  'hub',
  'journal',
]
