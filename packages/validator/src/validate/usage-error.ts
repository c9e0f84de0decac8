import { readFileSync } from 'node:fs'

/** What was asked for cannot be done; the message is for the person who typed it. */
export class UsageError extends Error {}

/** @throws UsageError when it cannot be read. */
export function fileOf(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(
      `--${option} ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}
