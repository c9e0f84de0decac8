import type { ReceivedEvent } from '@netra/protocol'
import { DeltaGap, emptyThreadState } from '@netra/protocol'
import { expect, test } from 'vitest'

import { StreamReader, type StreamItem, type StreamPhase } from './stream-reader.ts'

const event: ReceivedEvent = { type: 'unknown', of: 'x' }

function open(after: string | null = null) {
  const items: StreamItem[] = []
  const phases: StreamPhase[] = []
  let misfit = false
  const reader = new StreamReader(
    'thread:t',
    {
      take(item) {
        if (misfit && item.kind === 'event') {
          throw new DeltaGap({ messageId: 'm', part: 0, expected: 0, offset: 9 })
        }
        items.push(item)
      },
      phase: (phase) => phases.push(phase),
    },
    after,
  )
  reader.want()
  const asked = reader.subscribing('s1')
  reader.accepted()
  const seqs = () => items.flatMap((item) => (item.kind === 'event' ? [item.seq] : []))
  return { reader, items, phases, asked, seqs, breakNext: (on: boolean) => (misfit = on) }
}

test('events are given once, in order', () => {
  const { reader, seqs, asked } = open()
  expect(asked).toBeNull()
  for (const seq of [1, 2, 2, 1, 3]) expect(reader.onEvent(seq, event)).toBe('nothing')
  expect(seqs()).toEqual([1, 2, 3])
  expect(reader.counters.duplicates).toBe(2)
})

test('a hole is not jumped: the cursor stays and asks again from where it is', () => {
  const { reader, seqs } = open('e:4')
  expect(reader.onEvent(5, event)).toBe('nothing')
  expect(reader.onEvent(7, event)).toBe('resume')
  expect(seqs()).toEqual([5])
  expect(reader.position).toBe('e:5')
})

test('a position needs an epoch: it comes with live', () => {
  const { reader } = open()
  reader.onEvent(1, event)
  expect(reader.position).toBeNull()
  expect(reader.onLive('e:1')).toBe('nothing')
  expect(reader.position).toBe('e:1')
  expect(reader.phase).toBe('live')
})

test('a replay cut off before its epoch was known begins again', () => {
  const { reader, items } = open()
  reader.onEvent(1, event)
  reader.lost()
  expect(reader.subscribing('s2')).toBeNull()
  expect(items.at(-1)).toEqual({ kind: 'restart' })
  reader.accepted()
  expect(reader.onEvent(1, event)).toBe('nothing')
  expect(reader.counters.duplicates).toBe(0)
})

test('live at another seq than the cursor is a hole', () => {
  const { reader } = open('e:4')
  expect(reader.onLive('e:6')).toBe('resume')
})

test('live in another epoch voids everything', () => {
  expect(open('e:4').reader.onLive('f:4')).toBe('restart')
})

test('a snapshot takes the place of all before, epoch and seq as one', () => {
  const { reader, items } = open('e:4')
  reader.onReset('other_epoch')
  reader.onSnapshot('f:2', 'other_epoch', emptyThreadState())
  expect(reader.position).toBe('f:2')
  expect(reader.onEvent(3, event)).toBe('nothing')
  expect(items.map((item) => item.kind)).toEqual(['reset', 'snapshot', 'event'])
  expect(reader.counters).toMatchObject({ resets: 1, snapshots: 1 })
})

test('what still comes for the old cursor is ignored until the new one is answered', () => {
  const { reader, seqs } = open('e:4')
  reader.subscribing('s2')
  expect(reader.onEvent(9, event)).toBe('nothing')
  expect(reader.onSnapshot('e:9', 'compacted', emptyThreadState())).toBe('nothing')
  reader.accepted()
  reader.onEvent(5, event)
  expect(seqs()).toEqual([5])
})

test('a head above the cursor of a live stream is a hole; while catching up it is not', () => {
  const { reader } = open('e:4')
  expect(reader.onHead('e:9')).toBe('nothing')
  reader.onLive('e:4')
  expect(reader.onHead('e:4')).toBe('nothing')
  expect(reader.onHead('e:3')).toBe('nothing')
  expect(reader.onHead('e:5')).toBe('resume')
  expect(reader.onHead('f:1')).toBe('resume')
})

test('a piece that does not fit restarts the stream, and gives up after three times', () => {
  const { reader, breakNext, phases } = open('e:4')
  breakNext(true)
  for (let time = 0; time < 3; time += 1) {
    expect(reader.onEvent(time === 0 ? 5 : 1, event)).toBe('restart')
    reader.forget()
    reader.subscribing(`s${time}`)
    reader.accepted()
  }
  expect(reader.onEvent(1, event)).toBe('nothing')
  expect(phases.at(-1)).toBe('broken')
})

test('a reader that nobody wants takes nothing', () => {
  const { reader, seqs } = open()
  reader.unwant()
  reader.onEvent(1, event)
  expect(seqs()).toEqual([])
})
