import type { Agents } from '../agent/agent.ts'
import type { Models } from '../agent/model/models.ts'
import type { AgentCatalogue, ModelSettingsPage } from '../gateway/gateway.ts'

export const catalogueOf = (agents: Agents, models: Models): AgentCatalogue => ({
  list: () => agents.list(),
  models: () => models.list(),
  tools: () => agents.tools(),
  breaker: async (agent, userId) =>
    agents.resolve(agent, '') ? agents.breaker(agent, userId) : undefined,
  breakerState: async (agent, model, userId) => {
    const own = agents.ownModelOf(agent) !== undefined
    return (await (own ? agents.breaker(agent, userId) : models.breaker(model))).state
  },
})

export function settingsPageOf(models: Models): ModelSettingsPage {
  const { connections } = models
  return {
    async list() {
      const found = await connections.list()
      return {
        connections: found,
        default_model: connections.chosenDefault(),
        fallback_models: connections.fallbacks(),
      }
    },
    put: (provider, change) => connections.put(provider, change),
    remove: (provider) => connections.remove(provider),
    test: (provider) => connections.test(provider),
    setDefaultModel: (model) => connections.setDefaultModel(model),
    setFallbacks: (chosen) => connections.setFallbacks(chosen),
  }
}
