import type { JsonPatchOperation } from '@ag-ui/core'

import type { Turn } from '../step.ts'
import { applyPatch, PatchRefused, unitsOf } from './json-patch.ts'

/** As what the state of an agent elsewhere is kept with its answer, among the tools of the message. */
export const STATE_TOOL = 'agent_state'
/** What is kept of a message's tools, and a little less. */
const MOST_UNITS = 12_000

/** What the agent and whoever shows it share; kept small, because it goes along with every turn. */
export class SharedState {
  #value: unknown
  #before: string
  /** Why a change of it was passed over, in words. */
  problem: string | undefined

  constructor(turn: Turn) {
    this.#value = lastKept(turn)
    this.#before = JSON.stringify(this.#value ?? null)
  }

  get value(): unknown {
    return this.#value
  }

  replace(value: unknown): void {
    this.#keep(value)
  }

  /** A patch that does not fit changes nothing. @throws PatchTooLarge */
  patch(operations: readonly JsonPatchOperation[]): void {
    try {
      this.#keep(applyPatch(this.#value ?? {}, operations))
    } catch (error) {
      if (!(error instanceof PatchRefused)) throw error
      this.problem = `A change of the agent's state did not fit and was passed over: ${error.message}.`
    }
  }

  /** It is another one than at the turn's beginning. */
  get hasChanged(): boolean {
    return JSON.stringify(this.#value ?? null) !== this.#before
  }

  #keep(value: unknown): void {
    if (unitsOf(value) <= MOST_UNITS) {
      this.#value = value
      return
    }
    this.problem = `The agent's state is larger than ${MOST_UNITS / 1000} KB and is not kept for the next turn.`
  }
}

type Message = Turn['history'][number]

const keptIn = ({ tools }: Message) =>
  tools.findLast(({ call }) => call.toolName === STATE_TOOL)?.outcome.result

function lastKept({ history }: Turn): unknown {
  for (const message of history.toReversed()) {
    const kept = keptIn(message)
    if (typeof kept === 'object' && kept !== null && 'state' in kept) return kept.state
  }
  return undefined
}
