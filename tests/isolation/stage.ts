import { PASSWORD, register, type Person } from '../support/people.ts'
import { ask, type Answer, type Asked } from './ask.ts'
import { addService, bearer, callersOf, serviceToken } from './callers.ts'
import { form } from './form.ts'
import { startIssuer, type Issuer } from './issuer.ts'
import { MODEL, modelEnv, startEcho } from './model.ts'
import { EVERYTHING, startObserved, type ObservedServer } from './observed-server.ts'
import { NOBODY, type Stage, type Talk } from './stage-shape.ts'

/** @param more of the server: its environment, and what is loaded before its own code. */
export async function openStage(
  more: { env?: Record<string, string>; imports?: readonly string[] } = {},
): Promise<Stage> {
  const stack = new AsyncDisposableStack()
  try {
    const model = stack.use(await startEcho())
    const provider = stack.use(await startIssuer())
    const netra = stack.use(
      await startObserved({
        ...more,
        env: { ...EVERYTHING, ...modelEnv(model), ...providerEnv(provider), ...more.env },
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
      ask(netra.url, asked, { headers: person.headers })
    const made = async <Body>(person: Person, asked: Asked): Promise<Body> => {
      const answer = await asPerson(person, asked)
      if (answer.status >= 300) throw new Error(`${asked.method} ${asked.path}: ${answer.whole}`)
      return JSON.parse(answer.body || '{}') as Body
    }
    await made(admin, { method: 'PUT', path: '/api/admin/default-model', body: { model: MODEL } })
    const makeTalk = async (person: Person, text = mark()): Promise<Talk> => {
      const file = (await made<{ file_id: string }>(person, form(text))).file_id
      const clientMessageId = `sent-${text}`
      const asked = {
        method: 'POST',
        path: '/api/chat/stream',
        body: {
          content: text,
          client_message_id: clientMessageId,
          attachments: [{ file_id: file }],
        },
      }
      const streamed = await ask(netra.url, asked, {
        headers: person.headers,
        until: 'stream_end',
      })
      const events = [...streamed.body.matchAll(/^id: (?:.*\|)?(.*)\ndata: (.*)$/gm)].map(
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

    const registered = await addService(netra)
    const service = { ...NOBODY, headers: bearer(await serviceToken(made, registered)) }
    const callers = await callersOf({ netra, ada, admin, eve, service, made })
    for (const { token } of callers.others) if (token?.startsWith('netra_')) secrets.add(token)
    return {
      netra,
      ada,
      admin,
      eve,
      ...callers,
      service,
      registered,
      issuer: provider.url,
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

const providerEnv = ({ url }: Issuer): Record<string, string> => ({
  NETRA_OIDC_ISSUER: url,
  NETRA_OIDC_CLIENT_ID: 'netra',
  NETRA_OIDC_CLIENT_SECRET: 'the secret that the provider gave',
})

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
