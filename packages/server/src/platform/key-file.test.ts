import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { openKeyFile } from './key-file.ts'

test('those who open a new key at once get the same one, and no draft is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'netra-key-'))
  try {
    const path = join(folder, 'keys', 'key')
    const keys = await Promise.all(Array.from({ length: 20 }, () => openKeyFile(path)))
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1)
    expect(keys[0]).toHaveLength(32)
    expect(await readdir(join(folder, 'keys'))).toEqual(['key'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
