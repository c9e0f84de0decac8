import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startNetra, type NetraProcess } from '../../support/netra-process.ts'
import { PASSWORD, type Person } from '../../support/people.ts'
import { hello } from '../../support/raw-socket.ts'
import { ask, type Answer, type Asked } from '../ask.ts'
import { modelEnv, startEcho } from '../model.ts'
import { LiveSocket } from './live-socket.ts'
import { Member } from './member.ts'
import { Random } from './random.ts'
import { Watch } from './watch.ts'

const USERS = 20

interface Parts {
  random: Random
  netra: NetraProcess
  env: Record<string, string>
  folder: string
  stack: AsyncDisposableStack
}

/** A server, its users, and everything that any of them is told. */
export class World implements AsyncDisposable {
  readonly random: Random
  readonly watch = new Watch()
  readonly members: Member[] = []
  readonly statuses = new Map<string, number>()
  kills = 0
  #netra: NetraProcess
  readonly #env: Record<string, string>
  readonly #folder: string
  readonly #stack: AsyncDisposableStack
  #made = 0

  private constructor(parts: Parts) {
    this.random = parts.random
    this.#netra = parts.netra
    this.#env = parts.env
    this.#folder = parts.folder
    this.#stack = parts.stack
  }

  static async open(seed: number): Promise<World> {
    const stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'netra-isolation-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const model = stack.use(await startEcho())
    const env = { ...modelEnv(model), NETRA_MODEL: 'openai/test-model', NETRA_REGISTRATION: 'open' }
    const netra = await startNetra({ folder, env })
    const world = new World({ random: new Random(seed), netra, env, folder, stack })
    await Promise.all(Array.from({ length: USERS }, (_, index) => world.newMember(index)))
    return world
  }

  get url(): string {
    return this.#netra.url
  }

  get log(): string {
    return this.#netra.log()
  }

  /** The server dies without a word and is there again, on the same port and folder. */
  async killAndRestart(): Promise<void> {
    const port = Number(new URL(this.#netra.url).port)
    await this.#netra.kill('SIGKILL')
    this.#netra = await startNetra({ folder: this.#folder, env: this.#env, port })
    this.kills += 1
  }

  /** Takes the place of whoever had it. */
  async newMember(index: number): Promise<Member> {
    this.#made += 1
    const marker = `mk${this.#made}q${this.random.hex(16)}`
    const address = `127.0.${3 + (this.#made >> 7)}.${1 + (this.#made & 127)}`
    const email = `${marker}@example.com`
    const person: Person = { userId: '', email, token: '', cookie: '', headers: {} }
    const member = new Member(marker, address, person)
    await this.#prove(member, '/auth/register')
    this.watch.account(member)
    this.members[index] = member
    return member
  }

  /** A new login session; the sockets of the one before are left to their fate. */
  signIn(member: Member): Promise<void> {
    return this.#prove(member, '/auth/login')
  }

  async #prove(member: Member, path: string): Promise<void> {
    const { email } = member.person
    const asked = { method: 'POST', path, body: { email, password: PASSWORD, name: member.marker } }
    const answer = await ask(this.url, asked, { address: member.address })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.whole}`)
    const body = JSON.parse(answer.body) as { access_token: string; user: { id: string } }
    const at = answer.rawHeaders.findIndex((name) => name.toLowerCase() === 'set-cookie')
    const cookie = answer.rawHeaders[at + 1]?.split(';')[0] ?? ''
    const { access_token: token } = body
    const headers = { authorization: `Bearer ${token}` }
    member.person = { userId: body.user.id, email, token, cookie, headers }
    this.watch.received(member, answer.whole, path)
  }

  /** As this user, or by a key of theirs; what is said in it is theirs to know. */
  async http(member: Member, asked: Asked, headers = member.person.headers): Promise<Answer> {
    this.#name(member, asked)
    const answer = await ask(this.url, asked, { headers, address: member.address, once: true })
    this.watch.received(member, answer.whole, `${asked.method} ${asked.path}`)
    const what = `${asked.method} ${asked.path.replaceAll(/[0-9a-f-]{20,}/g, ':id').split('?')[0]} ${answer.status}`
    this.statuses.set(what, (this.statuses.get(what) ?? 0) + 1)
    return answer
  }

  async json(member: Member, asked: Asked): Promise<Record<string, unknown> | undefined> {
    const answer = await this.http(member, asked)
    if (answer.status >= 300 || answer.body === '') return undefined
    return JSON.parse(answer.body) as Record<string, unknown>
  }

  socket(
    member: Member,
    proof: { ticket?: string; token?: string; cookie?: string },
    resume: object[],
  ): LiveSocket {
    const { ticket, token, cookie } = proof
    const isPage = ticket !== undefined
    this.#name(member, resume)
    const socket = new LiveSocket(
      {
        url: `${this.url.replace('http://localhost', 'ws://127.0.0.1')}/ws`,
        protocols: ['netra.v1'],
        options: {
          localAddress: member.address,
          headers: {
            host: new URL(this.url).host,
            ...(isPage && { origin: this.url, cookie: cookie ?? '' }),
          },
        },
      },
      hello(token ?? '', { ...(isPage && { token: undefined, ticket }), resume }),
      (text) => this.watch.received(member, text, 'a socket'),
    )
    member.sockets.add(socket)
    return socket
  }

  say(member: Member, socket: LiveSocket, message: object): Promise<Record<string, unknown>> {
    this.#name(member, message)
    return socket.ask(message)
  }

  #name(member: Member, what: unknown): void {
    const text = decodeURIComponent(JSON.stringify(what).replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))
    for (const id of text.match(/[0-9a-f]{8}-[0-9a-f-]{27}|mk\d+q[0-9a-f]{16}|[A-Za-z0-9]{32}/g) ??
      []) {
      if (id !== member.marker) member.named.add(id)
    }
  }

  other(member: Member): Member {
    const others = this.members.filter((one) => one !== member)
    return this.random.of(others)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members) for (const socket of member.sockets) socket.cut()
    await this.#netra[Symbol.asyncDispose]()
    await this.#stack.disposeAsync()
  }
}
