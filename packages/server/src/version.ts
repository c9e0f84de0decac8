import { readFileSync } from 'node:fs'

const read = (path: string): Record<string, unknown> => {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
      string,
      unknown
    >
  } catch {
    return {}
  }
}

const manifest = read('../package.json')

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const VERSION = textOf(manifest['version']) ?? '0.0.0'

/**
 * Which build this is: what the platform that runs it says, what the operator says, or what the
 * build left in revision.json or in the package's manifest; else the version.
 */
export const REVISION =
  textOf(process.env['K_REVISION']) ??
  textOf(process.env['NETRA_REVISION']) ??
  textOf(read('../revision.json')['revision']) ??
  textOf(manifest['revision']) ??
  VERSION
