import { expect, test } from 'vitest'

import { keptOutbox } from './kept-outbox.ts'

/** A browser's storage: its keys are its own properties. */
function storage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = value
    },
    removeItem(this: Record<string, string>, key: string) {
      delete this[key]
    },
  }
  return Object.create(methods) as Storage
}

const entry = (id: string, createdAt = Date.now()) => ({
  id,
  createdAt,
  message: {
    type: 'send_message' as const,
    id,
    client_message_id: `client-${id}`,
    thread_id: null,
    content: [],
  },
})

test('what one page did not get answered, the next one sends under an id of its own', async () => {
  const browser = storage()
  await keptOutbox('u', browser, 'one').save(entry('c1'))
  const next = keptOutbox('u', browser, 'two')
  await next.save(entry('c1'))
  const [left, ...others] = await next.load()
  expect(others).toEqual([])
  expect(left!.id).not.toBe('c1')
  expect(left!.message).toMatchObject({ id: left!.id, client_message_id: 'client-c1' })
  await next.remove(left!.id)
  expect(await keptOutbox('u', browser, 'three').load()).toHaveLength(1)
})

test('nobody sends what another person left', async () => {
  const browser = storage()
  await keptOutbox('ada', browser, 'one').save(entry('c1'))
  expect(await keptOutbox('grace', browser, 'two').load()).toEqual([])
})

test('what has become too old is dropped', async () => {
  const browser = storage()
  await keptOutbox('u', browser, 'one').save(entry('c1', Date.now() - 25 * 60 * 60 * 1000))
  expect(await keptOutbox('u', browser, 'two').load()).toEqual([])
  expect(Object.keys(browser)).toEqual([])
})
