import { NetraClient, TokenSession, HttpApi, type Transport } from '@netra/client'
import { nodeTransport } from '@netra/client/node'

import { PASSWORD } from './people.ts'

/**
 * A device that talks all the time and believes nothing: below the SDK it sees every frame of every
 * socket, and notes each event that is not the next one of its stream.
 */
export interface Witness extends Disposable {
  client: NetraClient
  userId: string
  /** Completed answers, each compared with what it should say. */
  answers: number
  /** Sockets that were opened. */
  sockets: number
  /** Events that came. */
  events: number
  /** The last event of each stream. */
  heads: ReadonlyMap<string, number>
  /** What went against the promise. */
  violations: string[]
  /** Asks one question after the other until it is stopped; resolves when the last is answered. */
  talk(stop: AbortSignal): Promise<void>
  /** Of the session that it signed in with. */
  token(): Promise<string>
}

export async function openWitness(
  url: string,
  account: { email: string; isNew: boolean },
  expected: string,
): Promise<Witness> {
  const open = new HttpApi({ baseUrl: url })
  const { email } = account
  const signedIn = account.isNew
    ? await open.register({ email, password: PASSWORD })
    : await open.login({ email, password: PASSWORD })
  const session = new TokenSession(open, signedIn)
  const heads = new Map<string, number>()
  const witness = {
    userId: signedIn.user.id,
    answers: 0,
    sockets: 0,
    events: 0,
    heads,
    violations: [] as string[],
  }
  const look = (frame: { type: string; stream: string; seq: number }): void => {
    if (frame.type === 'reset' || frame.type === 'snapshot') {
      witness.violations.push(`${frame.type} of ${frame.stream}`)
    }
    if (frame.type !== 'event') return
    witness.events += 1
    const head = heads.get(frame.stream) ?? 0
    if (frame.seq !== head + 1) {
      witness.violations.push(`${frame.stream}: ${frame.seq} came after ${head}`)
    }
    heads.set(frame.stream, frame.seq)
  }
  const below = nodeTransport()
  const transport: Transport = {
    open(address, handlers) {
      witness.sockets += 1
      return below.open(address, {
        onOpen: () => handlers.onOpen(),
        onFrame(text) {
          for (const one of [JSON.parse(text)].flat()) look(one as Parameters<typeof look>[0])
          handlers.onFrame(text)
        },
        onClose: (...how) => handlers.onClose(...how),
      })
    },
  }
  const client = await NetraClient.fromConfig({
    baseUrl: url,
    credentials: session.credentials,
    transport,
  })
  await client.connect()
  const user = client.user()
  const leave = user.subscribe(() => undefined)
  return Object.assign(witness, {
    client,
    token: () => session.token(),
    async talk(stop: AbortSignal) {
      let threadId: string | null = null
      for (let n = 1; !stop.aborted; n += 1) {
        const accepted = await client.sendMessage({ threadId, text: `question ${n}` })
        threadId = accepted.threadId
        const { outcome } = await client.runEnded(accepted.threadId, accepted.runId)
        const said =
          outcome?.kind === 'completed' ? outcome.final_response : JSON.stringify(outcome)
        if (said === expected) witness.answers += 1
        else witness.violations.push(`an answer is ${said}`)
      }
    },
    [Symbol.dispose]() {
      leave()
      client.close()
    },
  })
}
