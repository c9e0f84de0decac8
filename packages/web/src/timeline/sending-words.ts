import type { ServerConfig } from '../live/api.ts'

interface StandsInTheWay {
  mode: ServerConfig['mode']
  /** An order to stop this person's answers, or everybody's. */
  stopped: { why: string } | null
  isAdmin: boolean
}

/** Why no message is taken now, in words for whoever writes one; null when messages are taken. */
export function whyNotSent({ mode, stopped, isAdmin }: StandsInTheWay): string | null {
  if (mode?.level === 'read_only') return blocked(mode.why ?? 'Netra is read-only')
  if (mode?.level === 'maintenance' && !isAdmin) return blocked(mode.why ?? 'Netra is maintained')
  if (stopped) return blocked(`an administrator has stopped your answers: ${stopped.why}`)
  return null
}

const blocked = (why: string): string =>
  `Nothing can be sent now: ${why.replace(/[.\s]+$/, '')}. What you write stays here.`
