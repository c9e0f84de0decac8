import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { DataFolderTaken, lockDataFolder, shareDataFolder } from './data-folder-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netra-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('whoever has the folder alone keeps out both kinds', () => {
  const release = lockDataFolder(folder)
  expect(() => lockDataFolder(folder)).toThrow(DataFolderTaken)
  expect(() => shareDataFolder(folder)).toThrow(DataFolderTaken)
  release()
  lockDataFolder(folder)()
})

test('those who share it keep out one who wants it alone, until the last has left', () => {
  const one = shareDataFolder(folder)
  const other = shareDataFolder(folder)
  expect(() => lockDataFolder(folder)).toThrow(DataFolderTaken)
  one[Symbol.dispose]()
  expect(() => lockDataFolder(folder)).toThrow(DataFolderTaken)
  other[Symbol.dispose]()
  lockDataFolder(folder)()
})

test('one of those who share it is the first, and another once that has left', () => {
  const one = shareDataFolder(folder)
  const other = shareDataFolder(folder)
  expect([one.first, other.first]).toEqual([true, false])
  one[Symbol.dispose]()
  const third = shareDataFolder(folder)
  expect(third.first).toBe(true)
  third[Symbol.dispose]()
  other[Symbol.dispose]()
})
