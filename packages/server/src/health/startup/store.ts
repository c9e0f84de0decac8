import { CheckFailed, wordsOf, type StartupCheck } from './check.ts'

const REMEDY =
  'See what the store says, make room on its disk or start its database, then start again.'

/** What is written is there when it is read again by another way than it was written. */
export const storeCheck = (port: {
  /** Resolves once durable. */
  write(): Promise<void>
  read(): Promise<boolean>
  describe(): string
}): StartupCheck => ({
  id: 'store',
  timeoutMs: 20_000,
  remedy: REMEDY,
  async run() {
    await port.write().catch((error: unknown) => {
      throw new CheckFailed(`nothing can be stored (${wordsOf(error)})`, REMEDY, error)
    })
    if (await port.read()) return { detail: port.describe() }
    throw new CheckFailed('what was stored is not there when it is read', REMEDY)
  },
})
