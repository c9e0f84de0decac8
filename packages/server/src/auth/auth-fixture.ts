import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { TestClock } from '../platform/testing-clock.ts'
import { openAuth, type Auth, type AuthOptions, type Registration, type SignedIn } from './auth.ts'

/** A data folder with real account stores opened on it; disposing ends and removes all. */
export class AuthFixture implements AsyncDisposable {
  /** Starts at the real time. */
  readonly clock = new TestClock(Date.now())
  readonly folder: string
  readonly #opened: Auth[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<AuthFixture> {
    return new AuthFixture(await mkdtemp(join(tmpdir(), 'netra-auth-')))
  }

  async open(options: Partial<AuthOptions> = {}): Promise<Auth> {
    const { folder, clock } = this
    const auth = await openAuth({ folder, clock, publicUrl: 'http://localhost:8000', ...options })
    this.#opened.push(auth)
    return auth
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const auth of this.#opened) await auth[Symbol.asyncDispose]().catch(() => {})
    await rm(this.folder, { recursive: true, force: true })
  }
}

export const PASSWORD = 'correct horse battery'
export const ADDRESS = '127.0.0.1'
export const here = { address: ADDRESS, fromLoopback: true }

export const person = (name: string) => ({
  email: `${name}@example.com`,
  password: PASSWORD,
  address: ADDRESS,
})

export const joined = (auth: Auth, name: string): Promise<SignedIn> =>
  registered(auth, { ...person(name), fromLoopback: true })

/** Where no e-mail is sent, so that nobody has to confirm an address first. */
export async function registered(auth: Auth, request: Registration): Promise<SignedIn> {
  const answer = await auth.register(request)
  if (answer === 'verify_email') throw new Error('the address must be confirmed first')
  return answer
}

export async function administrator(auth: Auth): Promise<SignedIn> {
  const token = auth.setupToken()
  if (token === undefined) throw new Error('there is an administrator already')
  return auth.completeSetup({ ...person('root'), token })
}

/** What a browser would send back. */
export const cookieOf = (signedIn: SignedIn): string =>
  signedIn.setCookies.map((header) => header.split(';')[0]).join('; ')

export const bearerOf = (signedIn: SignedIn): string => `Bearer ${signedIn.answer.access_token}`

/** The code of the refusal that `work` ends in. */
export async function refusal(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
  throw new Error('nothing was refused')
}
