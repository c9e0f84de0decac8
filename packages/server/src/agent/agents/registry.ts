import { actions } from './actions.ts'
import { assistant } from './assistant.ts'
import { dataHelper } from './data-helper.ts'
import { data } from './data.ts'
import type { AgentDefinition } from './definition.ts'
import { optimization } from './optimization.ts'
import { reporting } from './reporting.ts'
import { selftest } from './selftest.ts'
import { supervisor } from './supervisor.ts'
import { triage } from './triage.ts'

const BUILT_IN: readonly AgentDefinition[] = [
  supervisor,
  assistant,
  data,
  triage,
  optimization,
  actions,
  reporting,
  dataHelper,
  selftest,
]

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
