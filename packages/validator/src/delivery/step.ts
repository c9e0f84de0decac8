import type { Direction, Disturbances } from '../faults/tcp-proxy.ts'

export interface Question {
  text: string
  agent?: string
  model?: string
  /** Of the uploaded table. */
  aboutFile?: true
}

/** What happens at a moment of a schedule; `device` is its place in the list of devices. */
export type Step = { atMs: number } & (
  | { does: 'send'; device: number; question: Question; thread: 'new' | 'last'; also: Also }
  | { does: 'cancel'; device: number }
  | {
      does: 'disturb'
      device: number
      disturbances: Disturbances
      forMs: number
      thenReset: boolean
    }
  | { does: 'end'; device: number; how: 'cut' | 'reset'; direction: Direction; afterBytes: number }
  | { does: 'refuse'; device: number; forMs: number }
  | { does: 'drop' | 'renew' | 'revoke' | 'slow'; device: number }
  | { does: 'storm'; device: number; times: number }
  | { does: 'join'; person: number }
  | { does: 'kill'; downMs: number }
  | { does: 'pause'; forMs: number }
)

/** The same message once more: on the same device, on another, or with other words. */
export type Also = 'nothing' | 'again' | 'elsewhere' | 'other_words' | 'cancel'
