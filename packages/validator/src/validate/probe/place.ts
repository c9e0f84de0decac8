import { connect } from 'node:net'

import type { CheckContext } from '../context.ts'
import { CheckFailure, CheckTimedOut } from '../outcome.ts'
import { bare } from './host.ts'

export const portOf = (address: string): number => {
  const { port, protocol } = new URL(address)
  return port === '' ? (/^(?:https|wss):$/.test(protocol) ? 443 : 80) : Number(port)
}

/** @throws CheckFailure when the port takes no connection. */
export async function tcpTo(
  { pace, note, signal }: CheckContext,
  hostname: string,
  port: number,
): Promise<{ address: string; durationMs: number }> {
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  const sent = `TCP to ${hostname}:${port}`
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect({ host: bare(hostname), port })
  const end = (): void => void socket.destroy()
  signal.addEventListener('abort', end)
  socket.setTimeout(pace.answerMs, () => reject(new CheckTimedOut(`${sent}: no answer in time`)))
  socket.on('error', reject)
  socket.on('connect', () => resolve(socket.remoteAddress ?? hostname))
  try {
    const address = await promise
    note({ sent, received: `connected to ${address}`, durationMs: elapsed() })
    return { address, durationMs: elapsed() }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = `${code} ${error instanceof Error ? error.message : String(error)}`.trim()
    note({ sent, received: why, durationMs: elapsed() })
    throw error instanceof CheckTimedOut ? error : new CheckFailure(`${sent}: ${why}`)
  } finally {
    signal.removeEventListener('abort', end)
    socket.destroy()
  }
}
