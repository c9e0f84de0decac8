import { CheckFailed, wordsOf, type StartupCheck } from './check.ts'

/** A socket that this process opened to itself, through the same door as everybody's. */
export interface OwnSocket {
  send(message: object): void
  /** The first frame that fits, past or to come; rejects when the socket closes or time is up. */
  next<Frame extends { type: string }>(
    fits: (frame: { type: string }) => frame is Frame,
  ): Promise<Frame>
  close(): Promise<void>
}

const REMEDY = 'See what listens at HOST and PORT, and whether this machine may connect to itself.'

/** Somebody with a good proof is welcomed. */
export const socketsCheck = (port: {
  /** Says hello with a real proof. */
  open(signal: AbortSignal): Promise<OwnSocket>
  userId: string
  opened(socket: OwnSocket): void
}): StartupCheck => ({
  id: 'sockets',
  timeoutMs: 15_000,
  remedy: REMEDY,
  async run(signal) {
    const begun = performance.now()
    const socket = await port.open(signal).catch((error: unknown) => {
      throw new CheckFailed(`no socket can be opened (${wordsOf(error)})`, REMEDY, error)
    })
    port.opened(socket)
    const welcome = await socket.next(isWelcome)
    if (welcome.user_id !== port.userId) {
      throw new CheckFailed('the socket was welcomed as somebody else', 'Report this: it is a bug.')
    }
    return { detail: `welcomed after ${Math.round(performance.now() - begun)} ms` }
  },
})

const isWelcome = (frame: { type: string }): frame is { type: 'welcome'; user_id: string } =>
  frame.type === 'welcome'
