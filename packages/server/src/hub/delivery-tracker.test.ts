import { beforeEach, expect, test } from 'vitest'

import type { Position, StreamName } from '../journal/journal.ts'
import { asId, type ConnectionId, type DeviceId, type UserId } from '../platform/ids.ts'
import { createMetrics } from '../platform/metrics.ts'
import { TestClock } from '../platform/testing-clock.ts'
import { DeliveryMetrics } from './delivery-metrics.ts'
import type { Jump } from './delivery-states.ts'
import { DeliveryTracker } from './delivery-tracker.ts'
import type { Transport } from './device-cursors.ts'

const STREAM: StreamName = 'thread:t'
let clock: TestClock
let tracker: DeliveryTracker

beforeEach(() => {
  clock = new TestClock()
  const metrics = new DeliveryMetrics(createMetrics())
  tracker = new DeliveryTracker({ clock, metrics, timeOf: () => undefined })
})

const reader = (device: string, transport: Transport = 'socket') => ({
  userId: asId<UserId>('u'),
  device: asId<DeviceId>(device),
  instance: `page of ${device}`,
  connectionId: asId<ConnectionId>(`connection of ${device}`),
  transport,
})

const cursor = (head: number) => ({
  stream: STREAM,
  head: `e:${head}` as Position,
  position: `e:${head}` as Position | undefined,
  jump: undefined as Jump | undefined,
})

test('F28: an older acknowledgement is late, one of what was not sent is impossible', () => {
  const at = { ...cursor(120), position: 'e:120' as Position }
  const delivery = tracker.begin(reader('phone'), at, null)
  expect(delivery.acknowledged('e:120')).toBe('taken')
  expect(delivery.acknowledged('e:90')).toBe('taken')
  expect(tracker.report(STREAM, 'e:120').devices).toMatchObject([{ acknowledged: 'e:120' }])
  expect(delivery.acknowledged('e:1000000')).toBe('impossible')
  expect(tracker.report(STREAM, 'e:120').counts.acknowledged).toBe(120)
})

test('an acknowledgement of another epoch, or while a snapshot is on its way, judges nothing', () => {
  const at = cursor(5)
  const delivery = tracker.begin(reader('phone'), at, null)
  expect(delivery.acknowledged('older:900')).toBe('taken')
  at.position = undefined
  expect(delivery.acknowledged('e:900')).toBe('taken')
  expect(tracker.report(STREAM, 'e:5').devices).toMatchObject([{ acknowledged: null, behind: 5 }])
})

test('what a page had before it read anew may still be acknowledged', () => {
  const first = cursor(50)
  tracker.begin(reader('phone'), first, null)
  const again = { ...cursor(50), position: 'e:20' as Position }
  const delivery = tracker.begin(reader('phone'), again, 'e:20')
  expect(delivery.acknowledged('e:50')).toBe('taken')
  expect(delivery.acknowledged('e:51')).toBe('impossible')
})

test('what a device says it is at when it comes, it has', () => {
  tracker.begin(reader('phone', 'poll'), cursor(9), 'e:7')
  expect(tracker.report(STREAM, 'e:9').devices).toMatchObject([
    { acknowledged: 'e:7', behind: 2, transport: 'poll' },
  ])
})

test('a claim beyond the head is not taken for what it has', () => {
  tracker.begin(reader('phone'), { ...cursor(9), position: undefined }, 'e:70')
  expect(tracker.report(STREAM, 'e:9').devices).toMatchObject([{ acknowledged: null }])
})

test('an acknowledgement of what was claimed and never sent counts for nothing, and ends nobody', () => {
  const delivery = tracker.begin(reader('phone'), cursor(9), 'e:70')
  expect(delivery.acknowledged('e:70')).toBe('taken')
  delivery.left()
  const { counts, devices } = tracker.report(STREAM, 'e:30')
  expect(counts).toMatchObject({ acknowledged: 0, sent: 9, waiting: 21 })
  expect(devices).toMatchObject([{ acknowledged: null }])
})

test('a device that left is told of for ten minutes, with what waits for it', () => {
  const delivery = tracker.begin(reader('phone'), cursor(4), 'e:4')
  delivery.left()
  const report = tracker.report(STREAM, 'e:6')
  expect(report.devices).toMatchObject([{ device: 'phone', behind: 2 }])
  expect(report.counts).toMatchObject({ acknowledged: 4, waiting: 2 })
  clock.advance(10 * 60_000)
  expect(tracker.report(STREAM, 'e:6').devices).toEqual([])
  expect(tracker.size).toBe(0)
})

test('a poller is there between two polls', () => {
  tracker.begin(reader('phone', 'poll'), cursor(4), 'e:4').left()
  expect(tracker.report(STREAM, 'e:6').counts).toMatchObject({ committed: 2, waiting: 0 })
  clock.advance(30_000)
  expect(tracker.report(STREAM, 'e:6').counts).toMatchObject({ committed: 0, waiting: 2 })
})

test('however many leave, so many and no more are remembered', () => {
  for (let count = 0; count < 10_050; count++) {
    tracker.begin(reader(`device ${count}`), cursor(1), null).left()
  }
  expect(tracker.size).toBe(10_000)
})
