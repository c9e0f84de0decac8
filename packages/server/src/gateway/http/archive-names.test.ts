import { expect, test } from 'vitest'

import { ArchiveNames } from './archive-names.ts'

test('no name leads out of its folder, and none is a device', () => {
  for (const name of [
    '../../etc/passwd',
    '..\\..\\windows\\system.ini',
    '/etc/passwd',
    'C:\\x',
    '..',
    '.',
    '...',
    '',
    ' ',
    'a\u0000b',
    'a\nb',
    '.bashrc',
    'nul.txt',
    'x'.repeat(400),
    '\u202egnp.exe',
  ]) {
    const path = new ArchiveNames().take('files', name)
    expect(path).toMatch(/^files\/[^/\\<>:"|?*\p{C}]{1,101}$/u)
    expect(path).not.toMatch(/^files\/(\.|nul)|\.$/)
  }
})

test('names are ASCII, as like their titles as that goes', () => {
  const names = new ArchiveNames()
  const nameOf = (title: string) => names.take('threads', title, '.md')
  expect(nameOf('What is the total…')).toBe('threads/What is the total.md')
  expect(nameOf('Größe – “naïve” Œuvre')).toBe('threads/Grosse - _naive_ OEuvre.md')
  expect(nameOf('2026-01-01 数据 分析 🎉')).toBe('threads/2026-01-01 _ _ _.md')
  expect(nameOf('2026-01-01 数据 分析 🎉')).toBe('threads/2026-01-01 _ _ _ (2).md')
  expect(nameOf('．．／etc')).toMatch(/^threads\/_[^/]+\.md$/)
  expect(names.take('files', 'Übersicht….csv')).toBe('files/Ubersicht....csv')
})

test('equal names get numbers before their ending, also where case alone differs', () => {
  const names = new ArchiveNames()
  const taken = ['a.csv', 'A.csv', 'a.csv', 'a (2).csv', 'b'].map((name) => names.take('f', name))
  expect(taken).toEqual(['f/a.csv', 'f/A (2).csv', 'f/a (3).csv', 'f/a (2) (2).csv', 'f/b'])
  expect(names.take('threads', 'v1.2', '.md')).toBe('threads/v1.2.md')
  expect(names.take('threads', 'v1.2', '.md')).toBe('threads/v1.2 (2).md')
})

test('tens of thousands of one name take no longer than as many names', () => {
  const names = new ArchiveNames()
  let last = ''
  const begun = process.cpuUsage()
  for (let count = 0; count < 20_000; count += 1) last = names.take('threads', 'New chat', '.md')
  expect(last).toBe('threads/New chat (20000).md')
  expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(5)
})
