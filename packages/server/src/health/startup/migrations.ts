import { CheckFailed, type StartupCheck } from './check.ts'

export interface SchemaVersion {
  part: string
  found: number
  /** Undefined: a part that only a newer version knows, and that this one can do without. */
  known: number | undefined
}

const REMEDY =
  'Start the version of Netra that wrote it, or restore a backup that this version can read.'

/** Every part of the stores has the very version that this program was written for. */
export const migrationsCheck = (port: {
  versions(): Promise<readonly SchemaVersion[]>
}): StartupCheck => ({
  id: 'migrations',
  timeoutMs: 15_000,
  remedy: REMEDY,
  async run() {
    const versions = await port.versions()
    const wrong = versions.filter(({ found, known }) => known !== undefined && found !== known)
    if (wrong.length === 0) {
      return { detail: versions.map(({ part, found }) => `${part} ${found}`).join(', ') }
    }
    throw new CheckFailed(
      `the store is not of this version: ${wrong
        .map(({ part, found, known }) => `${part} ${found}, known here ${known}`)
        .join('; ')}`,
      REMEDY,
    )
  },
})
