import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export const VERSION = manifest.version

/** Which build this is: stamped by the platform that runs it, else the version. */
export const REVISION = process.env['K_REVISION'] ?? VERSION
