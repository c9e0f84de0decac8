import { createPrivateKey, generateKeyPair } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { uuidv7 } from '../../platform/ids.ts'
import { randomSecret } from '../store/secret-text.ts'

/** An RS256 key as kept on disk. */
export interface StoredKey {
  kid: string
  privateKey: string
  /** When it was made and from when on it signs (ms since 1970); absent in files of older versions. */
  madeAt?: number
  signsFrom?: number
}

export interface Secrets {
  /** Signs session cookies. */
  cookieSecret: string
  /** Newest first: the first signs, all verify. */
  signingKeys: readonly [StoredKey, ...StoredKey[]]
}

/**
 * Reads the secrets below the data folder, making each one the first time, so that a cookie or
 * token outlives a restart.
 */
export async function openSecrets(folder: string): Promise<Secrets> {
  const keys = join(folder, 'keys')
  await mkdir(keys, { recursive: true, mode: 0o700 })
  const [cookieSecret, signing] = await Promise.all([
    readOrMake(join(keys, 'cookie-secret'), async () => randomSecret()),
    readOrMake(signingKeysFile(folder), async () => JSON.stringify([await makeSigningKey(0)])),
  ])
  if (cookieSecret.length < MIN_SECRET_CHARACTERS) {
    throw new Error(
      `${join(keys, 'cookie-secret')} is damaged. Restore it from a backup, or delete it: everybody then signs in again.`,
    )
  }
  return { cookieSecret, signingKeys: parseKeys(signing, signingKeysFile(folder)) }
}

export const signingKeysFile = (folder: string): string => join(folder, 'keys', 'token-keys.json')

/** @throws when the file holds no key. */
export function readSigningKeys(folder: string): [StoredKey, ...StoredKey[]] {
  const path = signingKeysFile(folder)
  return parseKeys(readFileSync(path, 'utf8'), path)
}

/** Put in place whole: a reader finds the keys before or these. */
export function writeSigningKeys(folder: string, keys: readonly StoredKey[]): void {
  const path = signingKeysFile(folder)
  const draft = `${path}.${uuidv7()}`
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, JSON.stringify(keys))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}

/** As many as `randomSecret` makes; a shorter one was cut and could be guessed. */
const MIN_SECRET_CHARACTERS = 43

/** A key that signs from then on. */
export async function makeSigningKey(signsFrom: number, madeAt?: number): Promise<StoredKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return {
    kid: uuidv7(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    signsFrom,
    ...(madeAt !== undefined && { madeAt }),
  }
}

/** Linked into place whole, so that two processes starting at once agree on one secret. */
async function readOrMake(path: string, make: () => Promise<string>): Promise<string> {
  const existing = await readIfThere(path)
  if (existing !== undefined) return existing
  const draft = `${path}.${uuidv7()}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(await make())
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path, 'utf8')
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

function parseKeys(text: string, path: string): [StoredKey, ...StoredKey[]] {
  const keys = storedKeys(text)
  const [first, ...rest] = keys
  if (first === undefined) {
    throw new Error(
      `${path} holds no signing key. Restore it from a backup, or delete it: every access token then ends.`,
    )
  }
  return [first, ...rest]
}

/** What cannot be read is no key; no error may repeat what the file holds. */
function storedKeys(text: string): StoredKey[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.filter(isStoredKey) : []
  } catch {
    return []
  }
}

const isStoredKey = (value: unknown): value is StoredKey =>
  typeof value === 'object' &&
  value !== null &&
  'kid' in value &&
  typeof value.kid === 'string' &&
  'privateKey' in value &&
  typeof value.privateKey === 'string' &&
  isPrivateKey(value.privateKey)

function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}
