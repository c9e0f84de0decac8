import { IDBFactory } from 'fake-indexeddb'
import { expect, test } from 'vitest'

import { indexedOutbox } from './indexed-outbox.ts'
import type { OutboxEntry } from './outbox-storage.ts'

const entry = (id: string, createdAt = 1): OutboxEntry => ({
  id,
  createdAt,
  message: {
    type: 'send_message',
    id,
    client_message_id: `m-${id}`,
    thread_id: 't',
    content: [{ type: 'text', text: id }],
  },
})

let users = 0

/** One browser with its pages, and a user of its own: the locks are those of the whole process. */
function browser() {
  const database = new IDBFactory()
  const user = `u${++users}`
  const open = (userId = user) => indexedOutbox({ userId, indexedDB: database })
  return { open }
}

const ids = (entries: readonly OutboxEntry[]) => entries.map(({ id }) => id)

test('what a page left is taken over whole and in order by the next one, once it is gone', async () => {
  const { open } = browser()
  const before = open()
  await before.save(entry('b', 2))
  await before.save(entry('a', 1))
  await before.save(entry('c', 3))
  await before.remove('c')
  const after = open()
  expect(await after.load()).toEqual([])
  before[Symbol.dispose]()
  await expect.poll(() => after.load()).toEqual([entry('b', 2), entry('a', 1)])
})

test('of two pages that begin together only one takes over what a third one left', async () => {
  const { open } = browser()
  const before = open()
  await before.save(entry('a'))
  before[Symbol.dispose]()
  const one = open()
  const two = open()
  const all = await Promise.all([one.load(), two.load()])
  expect(ids(all.flat())).toEqual(['a'])
})

test('a page reads its own entries again', async () => {
  const { open } = browser()
  const page = open()
  await page.save(entry('a'))
  expect(ids(await page.load())).toEqual(['a'])
})

test('nobody reads what another person left', async () => {
  const { open } = browser()
  const ada = open('ada')
  await ada.save(entry('a'))
  ada[Symbol.dispose]()
  expect(await open('grace').load()).toEqual([])
})

test('an entry that is saved again keeps its place', async () => {
  const { open } = browser()
  const page = open()
  await page.save(entry('a', 1))
  await page.save(entry('b', 2))
  await page.save(entry('a', 3))
  expect(await page.load()).toEqual([entry('a', 3), entry('b', 2)])
})

test('a browser without a database keeps nothing, and holds nothing back', async () => {
  const broken = {
    open() {
      throw new DOMException('not here', 'SecurityError')
    },
  } as unknown as IDBFactory
  const page = indexedOutbox({ userId: 'u', indexedDB: broken })
  await page.save(entry('a'))
  await page.remove('a')
  expect(await page.load()).toEqual([])
})
