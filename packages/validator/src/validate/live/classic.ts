import { randomUUID } from 'node:crypto'

import type { Account } from '../accounts.ts'
import { CheckFailure, CheckRefused } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { objectIn, type Heard, type Message } from './heard.ts'
import { isTerminalType } from './native.ts'
import { RecordedSocket } from './socket.ts'

export interface ClassicTurn {
  threadId: string
  runId: string
  events: Heard[]
  end: Message
}

/** A client of the classic codec, as older programs speak it. */
export class ClassicClient implements Disposable {
  readonly socket: RecordedSocket
  readonly welcome: Message
  readonly #context: CheckContext

  private constructor(context: CheckContext, socket: RecordedSocket, welcome: Message) {
    this.#context = context
    this.socket = socket
    this.welcome = welcome
  }

  /** By `Authorization: Bearer`, or as browsers do, by a subprotocol. @throws CheckFailure */
  static async open(
    context: CheckContext,
    { token }: Pick<Account, 'token'>,
    via: 'header' | 'subprotocol' = 'header',
  ): Promise<ClassicClient> {
    const { ws_url: url } = await context.config()
    const asProtocol = `jwt.${Buffer.from(token).toString('base64url')}`
    context.secret(asProtocol)
    const socket = await RecordedSocket.open(
      context,
      via === 'header'
        ? { url, headers: { authorization: `Bearer ${token}` } }
        : { url, protocols: ['jwt-auth', asProtocol] },
    )
    try {
      const { message } = await socket.next(
        (heard) => heard.type === 'system_message' || heard.type === 'error_message',
        { what: 'the welcome' },
      )
      if (message.type === 'error_message') throw refused(message)
      return new ClassicClient(context, socket, message)
    } catch (error) {
      socket[Symbol.dispose]()
      throw error
    }
  }

  /** The first answer after this message that fits. @throws CheckTimedOut, CheckFailure */
  async ask(
    message: object | string,
    fits: (answer: Message) => boolean,
    what: string,
  ): Promise<Message> {
    const from = this.socket.heard.length
    this.socket.send(message)
    return (await this.socket.next(fits, { what, from })).message
  }

  /** One message to the selftest agent, and everything of its run until its end. */
  async turn(content: string, threadId?: string): Promise<ClassicTurn> {
    const id = randomUUID()
    const payload = {
      content,
      agent: 'selftest',
      client_message_id: id,
      ...(threadId !== undefined && { thread_id: threadId }),
    }
    const received = await this.ask(
      { type: 'user_message', payload },
      (answer) =>
        (answer.type === 'message_received' || answer.type === 'error') &&
        answer['in_reply_to'] === id,
      'the answer to user_message',
    )
    if (received.type === 'error') {
      throw new CheckFailure(`user_message was refused: ${JSON.stringify(received)}`)
    }
    const { run_id: runId, thread_id } = received
    const { message: end } = await this.socket.next(
      (heard) => isTerminalType(heard.type) && heard['run_id'] === runId,
      { what: `the end of run ${String(runId)}`, withinMs: this.#context.pace.turnMs },
    )
    const events = this.socket.heard.filter(
      ({ message }) => message['run_id'] === runId && 'event_id' in message,
    )
    return { threadId: String(thread_id), runId: String(runId), events, end }
  }

  /** What `system_message` says of the connection. */
  get said(): Record<string, unknown> {
    return objectIn(this.welcome, 'data')
  }

  [Symbol.dispose](): void {
    this.socket[Symbol.dispose]()
  }
}

function refused(message: Message): CheckFailure {
  const code = String(message['error_code'])
  const words = `instead of a welcome: ${code}, ${String(message['error_message'])}`
  return /LIMIT|TOO_MANY/.test(code) ? new CheckRefused(words) : new CheckFailure(words)
}
