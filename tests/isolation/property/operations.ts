import { PASSWORD } from '../../support/people.ts'
import { form } from '../form.ts'
import { LASTS } from '../model.ts'
import { get, polled, post, put, remove } from '../row.ts'
import type { LiveSocket } from './live-socket.ts'
import type { Member } from './member.ts'
import type { World } from './world.ts'

type Operation = (world: World, member: Member) => Promise<unknown>
type Owned = 'threads' | 'messages' | 'runs' | 'files' | 'positions'

/** Mostly one's own, often somebody else's, sometimes of nobody or no id at all. */
function some(world: World, member: Member, list: Owned): string {
  const { random } = world
  const draw = random.next()
  const owner = draw < 0.45 ? member : world.other(member)
  if (draw < 0.85) return random.maybe(owner[list]) ?? crypto.randomUUID()
  if (draw < 0.9) return crypto.randomUUID()
  return random.of(['x', '../..', '%00', "' or 1=1 --", member.person.userId, '*', '1', 'null'])
}

const inPath = (id: string): string => encodeURIComponent(id)

/** A place in a stream: of any stream of anybody, or nonsense. */
const place = (world: World, member: Member): string | null =>
  world.random.chance(0.4)
    ? null
    : world.random.of([
        some(world, member, 'positions'),
        `${some(world, member, 'positions').split(':')[0]}:${world.random.below(40)}`,
        'garbage',
        '0:-1',
        'e:9007199254740993',
      ])

const streamName = (world: World, member: Member): string =>
  world.random.chance(0.8)
    ? `thread:${some(world, member, 'threads')}`
    : `user:${world.random.chance(0.5) ? member.person.userId : world.other(member).person.userId}`

function accepted(world: World, member: Member, answer: Record<string, unknown> | undefined): void {
  if (answer === undefined) return
  const { thread_id, run_id, position } = answer
  if (typeof thread_id !== 'string') return
  world.watch.owns(member, thread_id, run_id)
  if (!member.threads.includes(thread_id)) member.has('threads', thread_id)
  member.has('runs', run_id)
  member.has('positions', position)
}

const words = (world: World, { marker }: Member): string =>
  world.random.chance(0.15) ? `${LASTS} ${marker}` : `${marker} asks ${world.random.hex(4)}`

async function openSocket(world: World, member: Member): Promise<LiveSocket | undefined> {
  const living = [...member.sockets].find(({ isOpen }) => isOpen)
  if (living && !world.random.chance(0.1)) return living
  const resume = Array.from({ length: world.random.below(4) }, () => ({
    stream: streamName(world, member),
    position: null,
  }))
  const socket = world.socket(member, { token: member.person.token }, resume)
  return (await socket.welcomed) ? socket : undefined
}

const onSocket =
  (make: (world: World, member: Member) => object, isMessage = false): Operation =>
  async (world, member) => {
    const socket = await openSocket(world, member)
    if (!socket) return
    const answer = await world.say(member, socket, make(world, member))
    if (isMessage && answer['type'] === 'ok') accepted(world, member, answer)
  }

const message = (world: World, member: Member): object => ({
  client_message_id: world.random.chance(0.1)
    ? `same-${world.random.below(5)}`
    : crypto.randomUUID(),
  content: [{ type: 'text', text: words(world, member) }],
  thread_id: world.random.chance(0.3) ? null : some(world, member, 'threads'),
  ...(world.random.chance(0.3) && { attachments: [{ file_id: some(world, member, 'files') }] }),
  ...(world.random.chance(0.2) && { parent_message_id: some(world, member, 'messages') }),
})

const OPERATIONS: [weight: number, name: string, operation: Operation][] = [
  [
    6,
    'make a thread',
    async (world, member) => {
      const made = await world.json(
        member,
        post('/api/threads', { title: `${member.marker} talks` }),
      )
      world.watch.owns(member, made?.['id'])
      member.has('threads', made?.['id'])
    },
  ],
  [
    12,
    'send by HTTP',
    async (world, member) => {
      const body = {
        content: words(world, member),
        thread_id: world.random.chance(0.3) ? null : some(world, member, 'threads'),
        ...(world.random.chance(0.3) && {
          attachments: [{ file_id: some(world, member, 'files') }],
        }),
        ...(world.random.chance(0.3) && { client_message_id: `same-${world.random.below(5)}` }),
      }
      accepted(world, member, await world.json(member, post('/api/chat/messages', body)))
    },
  ],
  [
    10,
    'send by socket',
    onSocket((world, member) => ({ type: 'send_message', ...message(world, member) }), true),
  ],
  [
    4,
    'send by request',
    async (world, member) => {
      const asked = post('/api/commands', {
        type: 'send_message',
        id: 'c',
        ...message(world, member),
      })
      accepted(world, member, await world.json(member, asked))
    },
  ],
  [
    3,
    'stream an answer',
    (world, member) =>
      world.http(
        member,
        post('/api/chat/stream', {
          content: `${member.marker} streams`,
          thread_id: world.random.chance(0.5) ? null : some(world, member, 'threads'),
        }),
      ),
  ],
  [
    3,
    'regenerate',
    onSocket(
      (world, member) => ({
        type: 'regenerate',
        client_message_id: crypto.randomUUID(),
        thread_id: some(world, member, 'threads'),
        message_id: some(world, member, 'messages'),
      }),
      true,
    ),
  ],
  [
    5,
    'stop a run',
    onSocket((world, member) => ({ type: 'cancel_run', run_id: some(world, member, 'runs') })),
  ],
  [
    2,
    'stop a run by HTTP',
    (world, member) =>
      world.http(member, post('/api/agents/cancel', { run_id: some(world, member, 'runs') })),
  ],
  [
    2,
    'decide',
    onSocket((world, member) => ({
      type: 'decide',
      run_id: some(world, member, 'runs'),
      tool_call_id: 'call',
      approved: true,
      fence: 1,
    })),
  ],
  [
    12,
    'subscribe',
    onSocket((world, member) => ({
      type: 'subscribe',
      stream: streamName(world, member),
      position: place(world, member),
    })),
  ],
  [
    2,
    'unsubscribe',
    onSocket((world, member) => ({ type: 'unsubscribe', stream: streamName(world, member) })),
  ],
  [
    6,
    'read events',
    (world, member) => {
      const position = place(world, member)
      const at = position === null ? '' : `&position=${encodeURIComponent(position)}`
      const path = `/api/events?stream=${encodeURIComponent(streamName(world, member))}${at}`
      // A long poll at the head would wait for what comes next.
      return world.http(member, position === null ? polled(path) : get(path))
    },
  ],
  [
    5,
    'list and search',
    (world, member) => {
      const what = world.random.of([
        member.marker,
        world.other(member).marker,
        'asks',
        '%',
        '_',
        '',
      ])
      return world.http(
        member,
        get(`/api/threads?q=${encodeURIComponent(what)}&limit=${1 + world.random.below(200)}`),
      )
    },
  ],
  [
    8,
    'read messages',
    async (world, member) => {
      const id = some(world, member, 'threads')
      const before = world.random.chance(0.3)
        ? `?before=${inPath(some(world, member, 'messages'))}`
        : ''
      const page = await world.json(member, get(`/api/threads/${inPath(id)}/messages${before}`))
      for (const { id: found } of (page?.['messages'] ?? []) as { id: string }[]) {
        world.watch.owns(member, found)
        member.has('messages', found)
      }
    },
  ],
  [
    3,
    'export a thread',
    (world, member) =>
      world.http(
        member,
        get(
          `/api/threads/${inPath(some(world, member, 'threads'))}/export?format=${world.random.of(['json', 'markdown'])}`,
        ),
      ),
  ],
  [
    2,
    'where its events are',
    (world, member) =>
      world.http(member, get(`/api/threads/${inPath(some(world, member, 'threads'))}/delivery`)),
  ],
  [
    2,
    'rename',
    (world, member) =>
      world.http(
        member,
        put(`/api/threads/${inPath(some(world, member, 'threads'))}`, {
          title: `${member.marker} renames`,
        }),
      ),
  ],
  [
    1,
    'delete a thread',
    (world, member) =>
      world.http(member, remove(`/api/threads/${inPath(some(world, member, 'threads'))}`)),
  ],
  [
    5,
    'upload',
    async (world, member) => {
      const made = await world.json(member, form(member.marker))
      world.watch.owns(member, made?.['file_id'])
      member.has('files', made?.['file_id'])
    },
  ],
  [
    6,
    'download',
    (world, member) =>
      world.http(member, get(`/api/files/${inPath(some(world, member, 'files'))}/content`)),
  ],
  [2, 'list files', (world, member) => world.http(member, get('/api/files'))],
  [
    1,
    'delete a file',
    (world, member) =>
      world.http(member, remove(`/api/files/${inPath(some(world, member, 'files'))}`)),
  ],
  [1, 'export everything', (world, member) => world.http(member, get('/api/account/export'))],
  [2, 'who am I', (world, member) => world.http(member, get('/auth/me'))],
  [1, 'my sessions', (world, member) => world.http(member, get('/auth/sessions'))],
  [
    1,
    'end a session',
    (world, member) =>
      world.http(member, remove(`/auth/sessions/${inPath(some(world, member, 'runs'))}`)),
  ],
  [
    2,
    'make an API key',
    async (world, member) => {
      const body = { name: member.marker, scopes: ['chat:read', 'files:read'], expires_in_days: 1 }
      const made = await world.json(member, post('/auth/api-keys', body))
      if (typeof made?.['key'] !== 'string' || typeof made['id'] !== 'string') return
      world.watch.owns(member, made['id'])
      member.keys.push({ id: made['id'], key: made['key'] })
    },
  ],
  [
    3,
    'read by an API key',
    (world, member) => {
      const { key } = world.random.maybe(member.keys) ?? { key: 'netra_nothing' }
      const asked = get(`/api/threads/${inPath(some(world, member, 'threads'))}/messages`)
      return world.http(member, asked, { authorization: `Bearer ${key}` })
    },
  ],
  [
    1,
    'revoke an API key',
    (world, member) => {
      const owner = world.random.chance(0.5) ? member : world.other(member)
      const { id } = world.random.maybe(owner.keys) ?? { id: 'none' }
      return world.http(member, remove(`/auth/api-keys/${inPath(id)}`))
    },
  ],
  [
    3,
    'get a ticket',
    async (world, member) => {
      const made = await world.json(member, post('/api/ws-ticket'))
      if (typeof made?.['ticket'] === 'string') member.tickets.push(made['ticket'])
    },
  ],
  [
    4,
    'open a page’s socket by a ticket',
    async (world, member) => {
      const owner = world.random.chance(0.5) ? member : world.other(member)
      const ticket = owner.tickets.pop()
      if (ticket === undefined) return
      const stream = streamName(world, member)
      // Whoever shows it, the cookie is their own.
      await world.socket(member, { ticket, cookie: member.person.cookie }, [
        { stream, position: null },
      ]).welcomed
    },
  ],
  [
    2,
    'a second device',
    async (world, member) => {
      const stream = `user:${member.person.userId}`
      await world.socket(member, { token: member.person.token }, [{ stream, position: null }])
        .welcomed
    },
  ],
  [
    3,
    'cut a socket',
    async (world, member) => {
      const socket = world.random.maybe([...member.sockets])
      if (!socket) return
      socket.cut()
      member.sockets.delete(socket)
    },
  ],
  [
    2,
    'log out and in',
    async (world, member) => {
      await world.http(member, post('/auth/logout', { everywhere: world.random.chance(0.3) }))
      await world.signIn(member)
    },
  ],
  [1, 'log in', (world, member) => world.signIn(member)],
  [
    1,
    'ask what administrators may',
    (world, member) =>
      world.http(
        member,
        get(
          world.random.of([
            '/auth/admin/users',
            '/auth/admin/audit',
            '/auth/admin/invitations',
            '/api/admin/connections',
            `/auth/admin/users?q=${world.other(member).marker}`,
          ]),
        ),
      ),
  ],
  [
    0.3,
    'erase my account',
    async (world, member) => {
      const index = world.members.indexOf(member)
      if (index < 0) return
      // From here on nobody can tell whether it happened, if the server dies before it answers.
      member.isGone = true
      for (const socket of member.sockets) socket.cut()
      await world.http(member, remove('/api/account', { password: PASSWORD })).catch(tolerated)
      await world.newMember(index)
    },
  ],
]

const TOTAL = OPERATIONS.reduce((sum, [weight]) => sum + weight, 0)

/** One random thing that a random user does; a server that is away is no violation. */
export async function step(world: World): Promise<void> {
  const member = world.random.of(world.members)
  let left = world.random.next() * TOTAL
  for (const [weight, name, operation] of OPERATIONS) {
    left -= weight
    if (left > 0) continue
    try {
      await operation(world, member)
    } catch (error) {
      if (!isAway(error) && !member.isGone)
        throw new Error(`${name}: ${String(error)}`, { cause: error })
    }
    return
  }
}

const tolerated = (error: unknown): void => {
  if (!isAway(error)) throw error
}

const isAway = (error: unknown): boolean =>
  error instanceof Error &&
  /ECONN|socket hang up|aborted|EPIPE|EADDRNOTAVAIL/.test(
    `${error.message} ${'code' in error ? String(error.code) : ''}`,
  )
