import type { ClassicMessage } from './classic-message.ts'
import type { ClassicServerType } from './classic-server-message.ts'

/** Signs of life, answered at once and not behind a command; answers to ours are not answered. */
const BEATS = {
  ping: 'pong',
  heartbeat: 'heartbeat_ack',
  pong: undefined,
  heartbeat_ack: undefined,
} as const satisfies Record<string, ClassicServerType | undefined>

export type Beat = keyof typeof BEATS

export const isBeat = (type: string): type is Beat => Object.hasOwn(BEATS, type)

export const beatOf = (type: Beat): ClassicServerType | undefined => BEATS[type]

export const nonceIn = ({ fields: { nonce } }: ClassicMessage): { nonce?: string } =>
  typeof nonce === 'string' ? { nonce: nonce.slice(0, 128) } : {}
