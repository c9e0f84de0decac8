import type { StartupCheck } from './check.ts'

/** The settings were read and fit together before this runs; it tells what they say that is unwise. */
export const configurationCheck = (port: {
  environment: string
  warnings: readonly string[]
}): StartupCheck => ({
  id: 'configuration',
  timeoutMs: 5_000,
  remedy: 'Run netra config check.',
  async run() {
    const detail = `for ${port.environment}`
    return port.warnings.length === 0 ? { detail } : { detail, warning: port.warnings.join('; ') }
  },
})
