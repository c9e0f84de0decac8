import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { uuidv7 } from './ids.ts'

/**
 * 32 random bytes that only the server's user can read, made the first time they are asked for.
 * Linked into place whole, so that processes starting at once agree on them.
 */
export async function openKeyFile(path: string): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const key = await readFile(path).catch(() => make(path))
  if (key.length !== 32) throw new Error(`${path} is damaged: it must hold 32 bytes`)
  return key
}

async function make(path: string): Promise<Uint8Array> {
  const draft = `${path}.${uuidv7()}`
  try {
    await writeFile(draft, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path)
}
