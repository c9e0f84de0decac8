import { createHash } from 'node:crypto'

import type { CompletedStep, ToolOutcome, Turn } from '../step.ts'

type Spoken = Extract<CompletedStep, { kind: 'spoken' }>

/** What earlier attempts of a turn recorded, given back in the order in which it was done. */
export class Recorded {
  readonly #turn: Turn
  readonly #outcomes: ReadonlyMap<string, ToolOutcome>
  readonly #spoken: Spoken[]
  readonly #thoughts: string[]
  #handOffs: number

  constructor(turn: Turn) {
    this.#turn = turn
    const { completed } = turn
    const tools = completed.filter((step) => step.kind === 'tool')
    this.#outcomes = new Map(tools.map(({ outcome }) => [outcome.callId, outcome]))
    this.#spoken = completed.filter((step) => step.kind === 'spoken')
    this.#handOffs = completed.filter((step) => step.kind === 'handoff').length
    this.#thoughts = [...(turn.thoughts ?? [])]
  }

  outcomeOf(callId: string): ToolOutcome | undefined {
    return this.#outcomes.get(callId)
  }

  hadBegun(callId: string): boolean {
    return this.#turn.interrupted?.includes(callId) ?? false
  }

  /** The next message that was spoken to its end; undefined once all were given back. */
  spoken(): Spoken | undefined {
    return this.#spoken.shift()
  }

  /** Whether the next hand-off was made before. */
  handOff(): boolean {
    if (this.#handOffs === 0) return false
    this.#handOffs -= 1
    return true
  }

  /** Whether this thought was told before. */
  thought(thought: string): boolean {
    const at = this.#thoughts.indexOf(thought)
    if (at < 0) return false
    this.#thoughts.splice(at, 1)
    return true
  }
}

/** As long as the ids of calls that models ask for. */
const LENGTH = 9

/**
 * The same in every attempt of a run, and of no other call in the thread. What is called is part of
 * it: should a later version decide otherwise, no other call's outcome is taken for its own.
 */
export function callIdOf(
  runId: string,
  place: number,
  toolName: string,
  args: Record<string, unknown>,
): string {
  const named = JSON.stringify([runId, place, toolName, args])
  const digest = createHash('sha256').update(named).digest('base64url')
  return digest.replaceAll(/[-_]/g, '').slice(0, LENGTH)
}
