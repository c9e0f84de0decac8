import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { PASSWORD, type Person } from '../support/people.ts'
import { badTokensOf } from './forged-tokens.ts'
import { STAGING_SECRET, type ObservedServer } from './observed-server.ts'
import { post, remove } from './row.ts'
import { NOBODY, type Caller, type Callers, type Service, type Stage } from './stage-shape.ts'

const BIN = fileURLToPath(new URL('../../packages/server/bin/netra.mjs', import.meta.url))

interface People {
  netra: ObservedServer
  ada: Person
  admin: Person
  eve: Person
  service: Person
  made: Stage['made']
}

export const bearer = (token: string): Record<string, string> => ({
  authorization: `Bearer ${token}`,
})

let made = 0

const caller = (
  name: string,
  shown: { headers: Record<string, string>; token?: string },
  isLetIn = true,
): Caller => {
  made += 1
  return { name, ...shown, isLetIn, address: `127.0.2.${made}` }
}

const byToken = (name: string, token: string, isLetIn = true): Caller =>
  caller(name, { headers: bearer(token), token }, isLetIn)

export async function callersOf(people: People): Promise<Callers> {
  const { netra, ada, admin, eve, service } = people
  const asAda = byToken('an ordinary user', ada.token)
  const asAdmin = byToken('an administrator', admin.token)
  const asService = byToken('a service', tokenOf(service), false)
  const letIn = [
    byToken('another user', eve.token),
    caller("another user's page", { headers: { cookie: eve.cookie, origin: netra.url } }),
    byToken('an API key of another user', await apiKey(people, eve)),
  ]
  const refused = [
    caller('nobody', { headers: {} }, false),
    caller('a made-up cookie', { headers: { cookie: 'netra_session=abc.def' } }, false),
    caller(
      "a page of another site with the owner's cookie",
      { headers: { cookie: ada.cookie, origin: 'https://elsewhere.example' } },
      false,
    ),
    byToken('a token of a session that was ended', await revokedToken(people, ada), false),
    byToken('a test token that names the owner', stagingToken(ada), false),
    byToken('an API key that was revoked', await revokedKey(people, ada), false),
  ]
  const bad = async (person: Person): Promise<Caller[]> =>
    Object.entries(await badTokensOf(tokenOf(person), netra.folder)).map(([what, token]) =>
      byToken(`a token ${what}`, token, false),
    )
  return {
    others: [...letIn, asAdmin, asService, ...refused, ...(await bad(ada))],
    notAdmins: [asAda, ...letIn, asService, ...refused, ...(await bad(admin))],
    notServices: [asAda, asAdmin, ...letIn, ...refused, ...(await bad(service))].map((one) => ({
      ...one,
      isLetIn: false,
    })),
  }
}

const tokenOf = ({ headers }: Person): string => headers['authorization']?.slice(7) ?? ''

const SCOPES = [
  'chat:read',
  'chat:write',
  'files:read',
  'files:write',
  'account:read',
  'approvals:write',
  'usage:write',
]
const newKey = { name: 'all scopes', scopes: SCOPES, expires_in_days: 1 }

async function apiKey({ made: make }: People, person: Person): Promise<string> {
  const { key = '' } = await make(person, post('/auth/api-keys', newKey))
  return key
}

async function revokedKey({ made: make }: People, person: Person): Promise<string> {
  const { id, key = '' } = await make(person, post('/auth/api-keys', newKey))
  await make(person, remove(`/auth/api-keys/${id}`))
  return key
}

/** Added by the command line, as an operator does. */
export async function addService({ folder }: ObservedServer): Promise<Service> {
  const env = { ...process.env, NETRA_DATA_DIR: folder }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [BIN, 'service', 'add', 'reader'],
    {
      env,
    },
  )
  const secret = /^NETRA_SERVICE_SECRET=(\S+)$/m.exec(stdout)?.[1]
  if (secret === undefined) throw new Error(`no secret in: ${stdout}`)
  return { id: 'reader', secret }
}

export async function serviceToken(make: Stage['made'], { id, secret }: Service): Promise<string> {
  const body = { service_id: id, service_secret: secret }
  const { access_token = '' } = await make(NOBODY, post('/auth/service-token', body))
  return access_token
}

/** Of another login session of the same person, which was ended. */
async function revokedToken({ made: make }: People, person: Person): Promise<string> {
  const body = { email: person.email, password: PASSWORD }
  const { access_token = '' } = await make(NOBODY, post('/auth/login', body))
  await make({ ...NOBODY, headers: bearer(access_token) }, post('/auth/logout'))
  return access_token
}

/** As a test suite signs them: with a subject of its choice. */
function stagingToken(person: Person): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3_000
  const claims = { sub: person.userId, email: person.email, permissions: ['admin'], exp }
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${text}.${createHmac('sha256', STAGING_SECRET).update(text).digest('base64url')}`
}
