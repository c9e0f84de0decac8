import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { openSecrets } from './key-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('ten processes starting at once agree on one set of secrets and leave no drafts', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => openSecrets(folder)))
  expect(new Set(all.map((secrets) => JSON.stringify(secrets))).size).toBe(1)
  const names = await readdir(join(folder, 'keys'))
  expect(names.toSorted()).toEqual(['cookie-secret', 'token-keys.json'])
})

test('a key file without a key stops the start with a sentence that says what to do', async () => {
  await openSecrets(folder)
  await writeFile(join(folder, 'keys', 'token-keys.json'), '[{"kid": 1}]')
  await expect(openSecrets(folder)).rejects.toThrow(/holds no signing key\. Restore it/)
})
