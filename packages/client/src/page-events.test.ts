import { expect, test } from 'vitest'

import { deviceId } from './identity.ts'
import { onPageReturn } from './page-events.ts'

function makePage() {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  return Object.assign(new EventTarget(), { document })
}

test('the network, the page and the tab coming back are told, until stopped', () => {
  const page = makePage()
  let returns = 0
  const stop = onPageReturn(page, () => (returns += 1))
  page.dispatchEvent(new Event('online'))
  page.dispatchEvent(new Event('pageshow'))
  page.document.dispatchEvent(new Event('visibilitychange'))
  expect(returns).toBe(3)
  page.document.visibilityState = 'hidden'
  page.document.dispatchEvent(new Event('visibilitychange'))
  expect(returns).toBe(3)
  stop()
  page.dispatchEvent(new Event('online'))
  page.document.visibilityState = 'visible'
  page.document.dispatchEvent(new Event('visibilitychange'))
  expect(returns).toBe(3)
})

test('where there is no page, nothing is listened to', () => {
  expect(() => onPageReturn({}, () => undefined)()).not.toThrow()
})

test('the device is the same each time a profile’s storage is there, and new where it is not', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
  expect(deviceId(storage)).toBe(deviceId(storage))
  expect(deviceId(undefined)).not.toBe(deviceId(undefined))
  const full = {
    getItem: () => null,
    setItem() {
      throw new Error('quota')
    },
  }
  expect(deviceId(full)).toMatch(/^[0-9a-f-]{36}$/)
})
