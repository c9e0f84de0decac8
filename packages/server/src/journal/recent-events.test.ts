import { expect, test } from 'vitest'

import type { NewEvent } from './journal.ts'
import { RecentEvents } from './recent-events.ts'

const ALL = { events: 1_000, bytes: 1_000_000 }

const tens = (...texts: string[]): NewEvent[] =>
  texts.map((text) => ({ type: 'test', payload: text.padEnd(10, '.') }))

const seqs = (recent: RecentEvents, stream: string, after: number): number[] | undefined =>
  recent.read(stream, after, ALL)?.map(({ seq }) => seq)

test('the newest events are kept, and an older start is not answered', () => {
  const recent = new RecentEvents(40)
  recent.add('a', 1, tens('1', '2'))
  recent.add('b', 7, tens('7'))
  recent.add('a', 3, tens('3'))
  expect(seqs(recent, 'a', 0)).toEqual([1, 2, 3])
  recent.add('b', 8, tens('8'))
  expect(seqs(recent, 'a', 1)).toBeUndefined()
  expect(seqs(recent, 'a', 2)).toEqual([3])
  expect(seqs(recent, 'b', 6)).toEqual([7, 8])
  expect(seqs(recent, 'b', 8)).toEqual([])
})

test('a stream whose events were all dropped begins anew', () => {
  const recent = new RecentEvents(20)
  recent.add('a', 1, tens('1'))
  recent.add('b', 1, tens('1', '2'))
  expect(seqs(recent, 'a', 0)).toBeUndefined()
  recent.add('a', 2, tens('2'))
  expect(seqs(recent, 'a', 0)).toBeUndefined()
  expect(seqs(recent, 'a', 1)).toEqual([2])
})

test('a commit larger than the room is not kept', () => {
  const recent = new RecentEvents(15)
  recent.add('a', 1, tens('1', '2'))
  expect(recent.read('a', 0, ALL)).toBeUndefined()
})

test('thousands of small commits keep what fits', () => {
  const recent = new RecentEvents(100)
  for (let seq = 1; seq <= 5_000; seq += 1) recent.add('a', seq, tens(String(seq)))
  expect(seqs(recent, 'a', 4_989)).toBeUndefined()
  expect(seqs(recent, 'a', 4_990)).toHaveLength(10)
})

test('a stream with a hole is kept from behind the hole only', () => {
  const recent = new RecentEvents(1_000)
  recent.add('a', 1, tens('1', '2'))
  recent.add('a', 5, tens('5'))
  expect(seqs(recent, 'a', 1)).toBeUndefined()
  expect(seqs(recent, 'a', 4)).toEqual([5])
})

test('a forgotten stream is not answered, and what was kept of it harms no later one', () => {
  const recent = new RecentEvents(40)
  recent.add('a', 1, tens('1', '2'))
  recent.forget('a')
  expect(seqs(recent, 'a', 0)).toBeUndefined()
  recent.add('a', 3, tens('3', '4'))
  recent.add('b', 1, tens('1', '2'))
  expect(seqs(recent, 'a', 2)).toEqual([3, 4])
  recent.add('b', 3, tens('3'))
  expect(seqs(recent, 'a', 2)).toBeUndefined()
})
