import { randomUUID } from 'node:crypto'

import { reasonOf, type Answer, type HttpClient } from './http-client.ts'
import { CheckFailure, CheckSkipped } from './outcome.ts'
import type { Secrets } from './secrets.ts'

export const MOST_ACCOUNTS = 5

export interface Credentials {
  email: string
  password: string
}

export interface Account extends Credentials {
  userId: string
  /** Renewed when it is asked for after ten minutes; lives 15 minutes. */
  token: string
  refreshToken: string
  /** Made by this run, and erased by it. */
  isOurs: boolean
}

/** A token is given out only while it is good for a check of several minutes. */
const RENEW_AFTER_MS = 10 * 60_000

interface Given {
  people: Account[]
  /** Makes and removes accounts where registration is closed; never tried itself. */
  administrator: Account | undefined
}

interface Options {
  users?: number
  secrets?: Secrets
  now?: () => number
}

/** The accounts of one run: given ones, or made by registering and erased at the end. */
export class Accounts {
  readonly users: number
  readonly #given: readonly Credentials[]
  readonly #secrets: Secrets | undefined
  readonly #now: () => number
  readonly #known = new Map<number, Promise<Account>>()
  readonly #signedInAt = new WeakMap<Account, number>()
  /** Whatever may have been made, known before it is asked for. */
  readonly #asked: Credentials[] = []
  readonly #ids = new Map<string, string>()
  /** Made, and good for nothing until a mail is answered. */
  readonly #unconfirmed = new Set<string>()
  #givenOnce: Promise<Given> | undefined
  #isRegistrationClosed = false

  constructor(given: readonly Credentials[] = [], options: Options = {}) {
    this.#given = given
    this.users = options.users ?? MOST_ACCOUNTS
    this.#secrets = options.secrets
    this.#now = options.now ?? (() => performance.now())
    for (const { password } of given) this.#secrets?.add(password)
  }

  /** Whether there is anything to erase or to sign out. */
  get isUsed(): boolean {
    return this.#asked.length > 0 || this.#givenOnce !== undefined
  }

  /**
   * @throws CheckSkipped when the run may not have as many, CheckFailure when it can be neither made
   *   nor signed in.
   */
  async get(index: number, http: HttpClient): Promise<Account> {
    if (index >= this.users) {
      const more = index + 1
      throw new CheckSkipped(`needs ${more} accounts, and --users allows ${this.users}`)
    }
    const known = this.#known.get(index) ?? this.#make(index, http)
    this.#known.set(index, known)
    // A failure is this check's; the next one tries again.
    known.catch(() => this.#known.delete(index))
    return this.#fresh(await known, http)
  }

  async #fresh(account: Account, http: HttpClient): Promise<Account> {
    const age = this.#now() - (this.#signedInAt.get(account) ?? 0)
    if (age <= RENEW_AFTER_MS) return account
    const { token, refreshToken } = await this.signIn(account, http)
    this.#signedInAt.set(account, this.#now())
    return Object.assign(account, { token, refreshToken })
  }

  /** A login session of its own, which a check may end. @throws CheckFailure */
  async signIn({ email, password }: Credentials, http: HttpClient): Promise<Account> {
    const answer = await http.ask('/auth/login', { body: { email, password } })
    return this.#signedIn(answer, { email, password })
  }

  async #make(index: number, http: HttpClient): Promise<Account> {
    this.#givenOnce ??= this.#openGiven(http)
    this.#givenOnce.catch(() => (this.#givenOnce = undefined))
    const { people, administrator } = await this.#givenOnce
    const person = people[index]
    if (person) return person
    const credentials = {
      email: `validate-${randomUUID()}@netra.invalid`,
      password: `${randomUUID()}-Aa1`,
    }
    this.#secrets?.add(credentials.password)
    this.#asked.push(credentials)
    if (await this.#mayRegister(http)) {
      const answer = await http.ask('/auth/register', {
        body: credentials,
        expect: [201, 202, 403],
      })
      if (answer.status === 201) return this.#signedIn(answer, credentials)
      if (answer.status === 202) this.#unconfirmed.add(credentials.email)
      this.#isRegistrationClosed = true
    }
    if (!administrator) {
      throw new CheckFailure(
        'nobody may register here with an address that receives no mail: give an administrator with --email, or an account with --email and --users 1',
      )
    }
    return this.#madeBy(administrator, credentials, http)
  }

  /**
   * Where addresses are confirmed by mail, registering would send one to nobody and leave an account
   * that only an administrator can remove.
   */
  async #mayRegister(http: HttpClient): Promise<boolean> {
    if (this.#isRegistrationClosed) return false
    const answer = await http.ask('/api/config', { expect: [200, 404, 500, 502, 503] })
    // What is wrong with that answer is another check's.
    const { auth } = answer.status === 200 ? answer.json() : {}
    const { registration = 'open', sends_email } = { ...(auth as Record<string, unknown>) }
    this.#isRegistrationClosed = registration !== 'open' || sends_email === true
    return !this.#isRegistrationClosed
  }

  async #openGiven(http: HttpClient): Promise<Given> {
    const people: Account[] = []
    let administrator: Account | undefined
    for (const credentials of this.#given) {
      const account = { ...(await this.signIn(credentials, http)), isOurs: false }
      this.#signedInAt.set(account, this.#now())
      const me = (await http.ask('/auth/me', { token: account.token })).json()
      if (me['role'] === 'admin') administrator ??= account
      else people.push(account)
    }
    return { people, administrator }
  }

  async #madeBy(
    administrator: Account,
    credentials: Credentials,
    http: HttpClient,
  ): Promise<Account> {
    const { email, password } = credentials
    const made = await http.ask('/auth/admin/users', {
      body: { email },
      token: (await this.#fresh(administrator, http)).token,
      expect: 201,
    })
    const { url, user } = made.json()
    const id = (user as { id?: unknown } | undefined)?.id
    if (id !== undefined) this.#ids.set(email, textOf(id))
    const token = /#token=(.+)$/.exec(String(url))?.[1]
    if (token === undefined) throw new CheckFailure('the new account has no link with a token')
    this.#secrets?.add(token)
    await http.ask('/auth/password/reset', { body: { token, password } })
    return this.signIn(credentials, http)
  }

  #signedIn(answer: Answer, credentials: Credentials): Account {
    const body = answer.json()
    const user = body['user'] as { id?: unknown } | undefined
    const { access_token: token, refresh_token: refreshToken } = body
    if (typeof token !== 'string' || typeof refreshToken !== 'string' || user?.id === undefined) {
      throw new CheckFailure('the answer lacks access_token, refresh_token or user.id')
    }
    this.#secrets?.add(token)
    this.#secrets?.add(refreshToken)
    const account = { ...credentials, userId: textOf(user.id), token, refreshToken, isOurs: true }
    this.#signedInAt.set(account, this.#now())
    return account
  }

  /**
   * Removes what this run made and signs the given accounts out. Answers one sentence for each
   * account that could not be removed.
   */
  async erase(http: HttpClient): Promise<string[]> {
    const problems: string[] = []
    const given = await this.#givenOnce?.catch(() => undefined)
    const made = new Map<string, Account>()
    for (const known of this.#known.values()) {
      const account = await known.catch(() => undefined)
      if (account?.isOurs) made.set(account.email, account)
    }
    await Promise.all(
      this.#asked.map(async (credentials) => {
        const at = { known: made.get(credentials.email), given, http }
        // What timed out may have been done: the second try finds out.
        await this.#eraseOne(credentials, at)
          .catch(() => this.#eraseOne(credentials, at))
          .catch((error: unknown) =>
            problems.push(`${credentials.email} is still there: ${reasonOf(error)}`),
          )
      }),
    )
    for (const account of [...(given?.people ?? []), given?.administrator]) {
      if (!account) continue
      // A session that cannot be ended ends by itself; nothing was left behind.
      await http
        .ask('/auth/logout', { method: 'POST', token: account.token, expect: [200, 401] })
        .catch(() => undefined)
    }
    return problems
  }

  async #eraseOne(
    { email, password }: Credentials,
    at: { known: Account | undefined; given: Given | undefined; http: HttpClient },
  ): Promise<void> {
    const { known, given, http } = at
    const id = known?.userId ?? this.#ids.get(email)
    const ownTry = async (token: string) =>
      http.ask('/auth/me', {
        method: 'DELETE',
        body: { password },
        token,
        expect: [200, 204, 401],
      })
    if (known && (await ownTry(known.token)).status !== 401) return
    const login = await http.ask('/auth/login', {
      body: { email, password },
      // Not there: it was never made, or is erased already.
      expect: [200, 401, 403],
    })
    if (login.status === 200) {
      const again = await ownTry(this.#signedIn(login, { email, password }).token)
      if (again.status !== 401) return
    } else if (this.#unconfirmed.has(email)) {
      throw new CheckFailure(
        'its address was to be confirmed by mail; an administrator can remove it',
      )
    } else if (login.status === 401 || id === undefined) return
    const { administrator } = given ?? {}
    if (!administrator || id === undefined) {
      throw new CheckFailure('its own request to be erased was refused')
    }
    await http.ask(`/auth/admin/users/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      token: (await this.#fresh(administrator, http)).token,
      expect: [200, 204, 404],
    })
  }
}

/** Ids are text, and numbers where something between us and Netra is wrong. */
const textOf = (id: unknown): string => (typeof id === 'string' ? id : JSON.stringify(id))
