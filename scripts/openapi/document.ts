import { z } from 'zod'

import { ownAccount } from './account.ts'
import { administration } from './administration.ts'
import { agentsAndModels } from './agents.ts'
import { approving } from './approvals.ts'
import { conversations } from './conversations.ts'
import { files } from './files.ts'
import { mcpServer } from './mcp-server.ts'
import { mcpSignIn } from './mcp-sign-in.ts'
import { mcpServers } from './mcp.ts'
import { remembered } from './memory.ts'
import { isMedia, type Area, type MediaBody, type Route } from './route.ts'
import { services } from './services.ts'
import { signingIn, twoFactorDetails } from './signing-in.ts'
import { spent } from './spending.ts'
import { watching } from './watching.ts'
import { workload } from './workload.ts'

export const AREAS: readonly Area[] = [
  signingIn,
  ownAccount,
  conversations,
  remembered,
  approving,
  agentsAndModels,
  mcpServers,
  mcpServer,
  mcpSignIn,
  files,
  workload,
  administration,
  spent,
  watching,
  services,
]

/** `METHOD /path` → what it is, of all areas. */
export const ROUTES: Readonly<Record<string, Route>> = Object.assign(
  {},
  ...AREAS.map(({ routes }) => routes),
)

const error = z.object({
  error: z.literal(true),
  error_code: z.string(),
  message: z.string(),
  user_message: z.string(),
  details: z.unknown().optional(),
  trace_id: z.string(),
  timestamp: z.string(),
  request_id: z.string(),
})

/** The OpenAPI 3.1 document of every route. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { name, routes } of AREAS) {
    for (const [key, route] of Object.entries(routes)) {
      const [method = '', path = ''] = key.split(' ')
      const shown = path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}')
      paths[shown] = { ...paths[shown], [method.toLowerCase()]: operation(name, shown, route) }
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Netra',
      version,
      description:
        'Every HTTP route. Sockets are in the AsyncAPI document beside this one. Without a credential the answer is 403, with a bad one 401; what is another’s is a 404 as what is not there.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:8000' }],
    tags: AREAS.map(({ name, about }) => ({ name, description: about })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'an access token or an API key' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'netra_session' },
        service: { type: 'http', scheme: 'bearer', description: 'of POST /auth/service-token' },
      },
      schemas: {
        Error: jsonOf(error),
        TwoFactorChallenge: jsonOf(twoFactorDetails),
      },
    },
  }
}

function operation(
  tag: string,
  path: string,
  { summary, query, body, headers, answers, who }: Route,
) {
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(query),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ]
  return {
    tags: [tag],
    summary,
    security: securityOf(who),
    ...(Array.isArray(who) && { description: `An API key needs: ${who.join(', ')}.` }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: contentOf(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          answer === null
            ? { description: 'done' }
            : {
                description: isMedia(answer) ? answer.says : 'as asked',
                content: contentOf(answer),
              },
        ]),
      ),
      default: {
        description: 'refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function queryParameters(query: z.ZodType | undefined): unknown[] {
  if (!query) return []
  const { properties = {}, required = [] } = jsonOf(query) as {
    properties?: Record<string, unknown>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function contentOf(body: z.ZodType | MediaBody): Record<string, unknown> {
  if (!isMedia(body)) return { 'application/json': { schema: jsonOf(body) } }
  const schema = body.fields ? jsonOf(body.fields) : { type: 'string' }
  return { [body.media]: { schema } }
}

const by = (name: string): Record<string, string[]> => ({ [name]: [] })

/** Any one of these lets somebody in; an empty one, whoever is at the machine itself. */
function securityOf(who: Route['who']): Record<string, string[]>[] {
  if (who === 'anybody') return []
  if (who === 'service') return [by('service')]
  if (who === 'machine') return [{}, by('bearer')]
  return [by('bearer'), by('cookie'), ...(Array.isArray(who) ? [by('apiKey')] : [])]
}

/** Answers are read by what comes in: a field that a reader may miss is optional. */
function jsonOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as Record<string, unknown>
  return json
}
