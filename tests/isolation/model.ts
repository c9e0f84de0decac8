import { startModelServer, type ModelServer } from '../support/model-server.ts'

/** Text that makes a run last until it is stopped. */
export const LASTS = 'take your time'

/** A model that repeats what it was told last, so that a run's own events hold its asker's words. */
export const startEcho = (): Promise<ModelServer> =>
  startModelServer({
    script: ({ lastUserText }) =>
      lastUserText.includes(LASTS)
        ? { text: ['one ', 'two'], after: 'stall' }
        : { text: `You said: ${lastUserText}` },
  })

/** The administrator chooses it. */
export const MODEL = 'openai/test-model'

export const modelEnv = (model: ModelServer): Record<string, string> => ({
  OPENAI_BASE_URL: `${model.url}/v1`,
})
