import { assistant } from './assistant.ts'
import { data } from './data.ts'
import type { AgentDefinition } from './definition.ts'
import { selftest } from './selftest.ts'

const BUILT_IN: readonly AgentDefinition[] = [assistant, data, selftest]

/** Every agent that can be called by its name. */
export interface AgentRegistry {
  all(): readonly AgentDefinition[]
  find(id: string | null | undefined): AgentDefinition | undefined
}

/** @param more agents beside the built-in ones, read anew with each question. */
export function createRegistry(more: () => readonly AgentDefinition[] = () => []): AgentRegistry {
  const all = (): readonly AgentDefinition[] => [...BUILT_IN, ...more()]
  return { all, find: (id) => all().find((definition) => definition.id === id) }
}
