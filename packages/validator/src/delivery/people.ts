import { randomUUID } from 'node:crypto'

import { ask, askFor, type Route } from './route.ts'

/** Somebody with an account; `password` is absent where only a token was given. */
export interface Person {
  userId: string
  email: string
  password?: string
  token: string
}

interface SignedIn {
  access_token: string
  refresh_token: string
  user: { id: string; email: string }
}

const newAccount = () => ({ email: `verify-${randomUUID()}@netra.invalid`, password: randomUUID() })

const personOf = (signedIn: SignedIn, account: { email: string; password?: string }): Person => ({
  userId: signedIn.user.id,
  token: signedIn.access_token,
  ...account,
})

/** The administrator, by the one-time link; the others by invitation. For a server that is new. */
export async function firstPeople(route: Route, setup: string, count: number): Promise<Person[]> {
  const account = newAccount()
  const body = { ...account, token: setup }
  const signedIn = (await askFor(route, '/auth/setup', 201, { body })) as unknown as SignedIn
  const admin = personOf(signedIn, account)
  const people = [admin]
  while (people.length < count) {
    const { url } = await askFor(route, '/auth/admin/invitations', 201, {
      body: {},
      token: admin.token,
    })
    people.push(await register(route, String(url).split('#invitation=')[1]))
  }
  return people
}

/** @throws with what the server said when it lets nobody register. */
export async function register(route: Route, invitation?: string): Promise<Person> {
  const account = newAccount()
  const body = { ...account, ...(invitation !== undefined && { invitation }) }
  const signedIn = (await askFor(route, '/auth/register', 201, { body })) as unknown as SignedIn
  return personOf(signedIn, account)
}

export async function personWithPassword(
  route: Route,
  account: { email: string; password: string },
): Promise<Person> {
  const signedIn = await askFor(route, '/auth/login', 200, { body: account })
  return personOf(signedIn as unknown as SignedIn, account)
}

export async function personWithToken(route: Route, token: string): Promise<Person> {
  const { id, email } = await askFor(route, '/auth/me', 200, { token })
  return { userId: String(id), email: String(email), token }
}

/** A small table that its questions are asked of; answers the file's id. */
export async function uploadTable(route: Route, { token }: Person): Promise<string> {
  const rows = Array.from(
    { length: 300 },
    (_, index) => `city ${index % 40},name ${index},${index * 3.5},漢字 😀 ${index}`,
  )
  const csv = ['city,name,amount,note', ...rows].join('\n')
  const boundary = `netra-${randomUUID()}`
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="verify.csv"\r\ncontent-type: text/csv\r\n\r\n`
  const file = await askFor(route, '/api/files', 201, {
    body: Buffer.from(`${head}${csv}\r\n--${boundary}--\r\n`),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    token,
  })
  return String(file['file_id'])
}

/** One login session: its tokens, made anew when the server no longer takes them. */
export class LoginSession {
  readonly #route: Route
  readonly #person: Person
  #access: string
  #refresh: string | undefined

  private constructor(route: Route, person: Person, tokens: { access: string; refresh?: string }) {
    this.#route = route
    this.#person = person
    this.#access = tokens.access
    this.#refresh = tokens.refresh
  }

  static async begin(route: Route, person: Person): Promise<LoginSession> {
    const session = new LoginSession(route, person, { access: person.token })
    if (person.password !== undefined) await session.#login()
    return session
  }

  get token(): string {
    return this.#access
  }

  /** Whether it can end and begin again; a lone token cannot. */
  get isOwn(): boolean {
    return this.#person.password !== undefined
  }

  /** A fresh access token of the same session, or a session of its own where that has ended. */
  async renew(): Promise<string> {
    const answer =
      this.#refresh === undefined
        ? undefined
        : await ask(this.#route, '/auth/refresh', { body: { refresh_token: this.#refresh } })
    if (answer?.status === 200) this.#keep(answer.body as SignedIn)
    else if (this.isOwn) await this.#login()
    return this.#access
  }

  /** The session ends, and with it every connection that it opened. */
  async end(): Promise<void> {
    await askFor(this.#route, '/auth/logout', 200, { body: {}, token: this.#access })
  }

  async #login(): Promise<void> {
    const { email, password } = this.#person
    const body = { email, password }
    this.#keep((await askFor(this.#route, '/auth/login', 200, { body })) as unknown as SignedIn)
  }

  #keep({ access_token, refresh_token }: SignedIn): void {
    this.#access = access_token
    this.#refresh = refresh_token
  }
}
