import { randomUUID } from 'node:crypto'

import { openBare } from '../support/clients.ts'

/** What came over one socket from the message that asked until the end of its run. */
export interface Heard {
  /** Bytes of all frames, headers included. */
  bytes: number
  /** Frames that hold nothing but deltas: their bytes, and the text in them. */
  deltaBytes: number
  deltaTextBytes: number
  /** Milliseconds at which each delta came. */
  deltasAt: number[]
  /** What the deltas say together. */
  text: string
}

interface Message {
  type: string
  id?: string
  code?: string
  message?: string
  thread_id?: string
  position?: string
  seq?: number
  event?: { type: string; text?: string; message?: string; offset?: number }
}

/** Signs up, asks, follows the thread from its beginning and listens until the run has ended. */
export async function listen(url: string, name: string, question: string): Promise<Heard> {
  const token = await signUp(url, name)
  const heard: Heard = { bytes: 0, deltaBytes: 0, deltaTextBytes: 0, deltasAt: [], text: '' }
  const socket = await openBare(`${url.replace(/^http/, 'ws')}/ws`, ['netra.v1'])
  const say = (message: object): void => socket.send(JSON.stringify(message))
  let seq = 0
  let received = 0

  const take = (message: Message): 'ended' | undefined => {
    if (message.type === 'welcome') {
      const content = [{ type: 'text', text: question }]
      const ids = { id: 'ask', client_message_id: randomUUID(), thread_id: null }
      say({ type: 'send_message', ...ids, content })
    } else if (message.type === 'error') {
      throw new Error(`${message.code}: ${message.message}`)
    } else if (message.type === 'ok' && message.id === 'ask') {
      const stream = `thread:${message.thread_id}`
      say({ type: 'subscribe', id: 'follow', stream, position: null })
    } else if (message.type === 'event') {
      return takeEvent(message)
    }
    return undefined
  }
  const takeEvent = ({ seq: next, event }: Message): 'ended' | undefined => {
    if (next !== seq + 1) throw new Error(`${next} after ${seq}`)
    seq = next
    if (event?.type === 'agent_failed') throw new Error(`the run failed: ${event.message}`)
    if (event?.type === 'message_delta') {
      if (event.offset !== heard.text.length) throw new Error(`a delta at ${event.offset}`)
      heard.text += event.text ?? ''
      heard.deltasAt.push(performance.now())
    }
    return event?.type === 'agent_completed' ? 'ended' : undefined
  }

  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('close', (code, why) => reject(new Error(`closed: ${code} ${why.toString()}`)))
      socket.on('message', (data: Buffer) => {
        try {
          received += data.length
          const parsed: Message | Message[] = JSON.parse(data.toString())
          const messages = Array.isArray(parsed) ? parsed : [parsed]
          count(heard, messages, data.length)
          const ended = messages.map(take).includes('ended')
          say({ type: 'ack', positions: {}, bytes: received })
          if (ended) resolve()
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
      say({ type: 'hello', protocol: 1, device: 'bench', instance: name, token, resume: [] })
    })
  } finally {
    socket.terminate()
  }
  return heard
}

/** A server's frame has a header of two, four or ten bytes (RFC 6455, 5.2). */
const onTheWire = (payload: number): number =>
  payload + (payload < 126 ? 2 : payload < 65_536 ? 4 : 10)

function count(heard: Heard, messages: readonly Message[], payload: number): void {
  const bytes = onTheWire(payload)
  heard.bytes += bytes
  if (messages.some(({ event }) => event?.type !== 'message_delta')) return
  heard.deltaBytes += bytes
  for (const { event } of messages) heard.deltaTextBytes += Buffer.byteLength(event?.text ?? '')
}

async function signUp(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.com`, password: 'correct horse battery' }),
  })
  if (response.status !== 201) throw new Error(`registration: ${await response.text()}`)
  const { access_token: token }: { access_token: string } = await response.json()
  return token
}
