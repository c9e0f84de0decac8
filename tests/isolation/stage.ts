import { PASSWORD, register, type Person } from '../support/people.ts'
import { ask, type Answer, type Asked } from './ask.ts'
import { badTokensOf } from './forged-tokens.ts'
import { form } from './form.ts'
import { MODEL, modelEnv, startEcho } from './model.ts'
import { EVERYTHING, SERVICE, startObserved, type ObservedServer } from './observed-server.ts'

/** Somebody who asks, and what they show for it. */
export interface Caller {
  name: string
  headers: Record<string, string>
  /** The token alone, where there is one. */
  token?: string
  /** Whether they are let in at all. */
  isLetIn: boolean
  address: string
}

/** A conversation of somebody with one question, its answer and a file. */
export interface Talk {
  marker: string
  thread: string
  run: string
  message: string
  file: string
  clientMessageId: string
  position: string
}

export interface Stage extends AsyncDisposable {
  netra: ObservedServer
  /** The owner of everything that others must not see. */
  ada: Person
  admin: Person
  eve: Person
  /** Callers that are not `ada`, for what is hers. */
  others: Caller[]
  /** Callers that are not the administrator, for what is theirs. */
  notAdmins: Caller[]
  talk: Talk
  /** Of `eve`. */
  eveTalk: Talk
  /** Marked with what may be seen by nobody else; every one that was made. */
  secrets: Set<string>
  mark(): string
  asPerson(person: Person, asked: Asked): Promise<Answer>
  /** The JSON of an answer that must be a success. */
  made<Body = Record<string, string>>(person: Person, asked: Asked): Promise<Body>
  makeTalk(person: Person, text?: string): Promise<Talk>
}

/** @param more of the server: its environment, and what is loaded before its own code. */
export async function openStage(
  more: { env?: Record<string, string>; imports?: readonly string[] } = {},
): Promise<Stage> {
  const stack = new AsyncDisposableStack()
  try {
    const model = stack.use(await startEcho())
    const netra = stack.use(
      await startObserved({
        ...more,
        env: { ...EVERYTHING, ...modelEnv(model), ...more.env },
      }),
    )
    const secrets = new Set<string>()
    const mark = (): string => {
      const made = `mark${crypto.randomUUID().replaceAll('-', '')}`
      secrets.add(made)
      return made
    }
    const ada = await register(netra.url, `${mark()}@example.com`)
    const eve = await register(netra.url)
    const admin = await makeAdmin(netra)
    for (const secret of [ada.userId, ada.token, ada.cookie.split('=')[1] ?? ''])
      secrets.add(secret)

    const asPerson = (person: Person, asked: Asked): Promise<Answer> =>
      ask(netra.url, asked, {
        headers: person.headers,
        address: ADDRESSES[person.email] ?? '127.0.0.1',
      })
    const made = async <Body>(person: Person, asked: Asked): Promise<Body> => {
      const answer = await asPerson(person, asked)
      if (answer.status >= 300) throw new Error(`${asked.method} ${asked.path}: ${answer.whole}`)
      return JSON.parse(answer.body || '{}') as Body
    }
    await made(admin, { method: 'PUT', path: '/api/admin/default-model', body: { model: MODEL } })
    const makeTalk = async (person: Person, text = mark()): Promise<Talk> => {
      const file = (await made<{ file_id: string }>(person, form(text))).file_id
      const clientMessageId = `sent-${text}`
      const streamed = await asPerson(person, {
        method: 'POST',
        path: '/api/chat/stream',
        body: {
          content: text,
          client_message_id: clientMessageId,
          attachments: [{ file_id: file }],
        },
      })
      const events = [...streamed.body.matchAll(/^id: (.*)\ndata: (.*)$/gm)].map(
        ([, position = '', data = '']) => ({
          position,
          ...(JSON.parse(data) as Record<string, string>),
        }),
      ) as (Record<string, string> & { position: string })[]
      const last = events.find(({ event }) => event === 'agent_completed')
      if (!last) throw new Error(`no answer came: ${streamed.whole}`)
      const { messages } = await made<{ messages: { id: string }[] }>(person, {
        method: 'GET',
        path: `/api/threads/${last['thread_id']}/messages`,
      })
      return {
        marker: text,
        thread: last['thread_id'] ?? '',
        run: last['run_id'] ?? '',
        message: messages[0]?.id ?? '',
        file,
        clientMessageId,
        position: last.position,
      }
    }
    const talk = await makeTalk(ada)
    for (const id of [talk.thread, talk.run, talk.message, talk.file]) secrets.add(id)

    const eveTalk = await makeTalk(eve, 'what eve says')

    const letIn = [
      caller('another user', eve.headers, eve.token),
      caller("another user's page", { cookie: eve.cookie, origin: netra.url }),
      ...(await apiKey(made, eve).then(
        (shown) => [caller('an API key of another user', ...shown)],
        () => [],
      )),
    ]
    const nobody = (
      await Promise.all([
        caller('nobody', {}),
        caller('a cookie that was made up', { cookie: 'netra_session=abc.def', origin: netra.url }),
        caller("a page of another site with the owner's cookie", {
          cookie: ada.cookie,
          origin: 'https://elsewhere.example',
        }),
        ...(await serviceToken(netra, made, eve).then(
          (shown) => [caller('a service', ...shown)],
          () => [],
        )),
        caller('a revoked token', ...(await revoked(netra, made, ada))),
      ])
    ).map((one) => ({ ...one, isLetIn: false }))
    const bad = async (person: Person) =>
      Object.entries(await badTokensOf(person.token, netra.folder)).map(([what, token]) => ({
        ...caller(`a token ${what}`, bearer(token), token),
        isLetIn: false,
      }))
    const asAda = caller('an ordinary user', ada.headers, ada.token)
    return {
      netra,
      ada,
      admin,
      eve,
      others: [
        ...letIn,
        caller('an administrator', admin.headers, admin.token),
        ...nobody,
        ...(await bad(ada)),
      ],
      notAdmins: [asAda, ...letIn, ...nobody, ...(await bad(admin))],
      talk,
      eveTalk,
      secrets,
      mark,
      asPerson,
      made,
      makeTalk,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

const ADDRESSES: Record<string, string> = {}
let callers = 0

/** Each from an address of its own: what one is refused for haste is nobody else's. */
const caller = (name: string, headers: Record<string, string>, token?: string): Caller => {
  callers += 1
  return {
    name,
    headers,
    ...(token !== undefined && { token }),
    isLetIn: true,
    address: `127.0.2.${callers}`,
  }
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

type Made = Stage['made']

async function makeAdmin(netra: ObservedServer): Promise<Person> {
  const email = 'administrator@example.com'
  const answer = await fetch(`${netra.url}/auth/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD, token: netra.setupToken }),
  })
  if (answer.status !== 201) throw new Error(await answer.text())
  const body = (await answer.json()) as { access_token: string; user: { id: string } }
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const { access_token: token } = body
  return { userId: body.user.id, email, token, cookie, headers: bearer(token) }
}

type Shown = [headers: Record<string, string>, token: string]

async function apiKey(made: Made, person: Person): Promise<Shown> {
  const scopes = ['chat:read', 'chat:write', 'files:read', 'files:write', 'account:read']
  const { key } = await made<{ key: string }>(person, {
    method: 'POST',
    path: '/auth/api-keys',
    body: { name: 'all scopes', scopes, expires_in_days: 1 },
  })
  return [bearer(key), key]
}

async function serviceToken(netra: ObservedServer, made: Made, person: Person): Promise<Shown> {
  const { access_token } = await made<{ access_token: string }>(
    { ...person, headers: {} },
    {
      method: 'POST',
      path: '/auth/service-token',
      body: { service_id: SERVICE.id, service_secret: SERVICE.secret },
    },
  )
  return [bearer(access_token), access_token]
}

/** Of another login session of the same person, which was ended. */
async function revoked(netra: ObservedServer, made: Made, person: Person): Promise<Shown> {
  const { access_token } = await made<{ access_token: string }>(
    { ...person, headers: {} },
    { method: 'POST', path: '/auth/login', body: { email: person.email, password: PASSWORD } },
  )
  const headers = bearer(access_token)
  await made({ ...person, headers }, { method: 'POST', path: '/auth/logout', body: {} })
  return [headers, access_token]
}
