import { CheckFailed, wordsOf, type StartupCheck } from './check.ts'

export interface AgentsPort {
  /** Tools that an agent is to have and that are not there. */
  lacking(): readonly { agent: string; tool: string }[]
  /** Files of agents that cannot be used, with what is wrong in them. */
  broken?(): readonly string[]
  /** Opens the model that answers when none is named. @throws with what to do. */
  openDefaultModel(): Promise<string>
  /** The default model was chosen by a setting, so that only a setting can change it. */
  isModelFromSettings: boolean
}

/** Every agent has its tools, and the model that answers by default can be called. */
export const agentsCheck = (port: AgentsPort): StartupCheck => ({
  id: 'agents',
  timeoutMs: 15_000,
  remedy: 'Install this version of Netra anew: npm ci',
  async run() {
    const lacking = port.lacking().map(({ agent, tool }) => `${agent} lacks ${tool}`)
    if (lacking.length > 0) throw new Error(`tools of agents are missing: ${lacking.join(', ')}`)
    const broken = port.broken?.() ?? []
    try {
      const detail = `${await port.openDefaultModel()} answers by default`
      return broken.length === 0 ? { detail } : { detail, warning: broken.join('\n') }
    } catch (error) {
      // Whoever may change the choice does so on a page of this server: it must start for that.
      if (!port.isModelFromSettings) return { warning: wordsOf(error) }
      throw new CheckFailed(
        `the model of NETRA_MODEL cannot be called (${wordsOf(error)})`,
        'Connect its provider, or unset NETRA_MODEL.',
        error,
      )
    }
  },
})
