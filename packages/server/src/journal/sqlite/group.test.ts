import { expect, test } from 'vitest'

import type { Commit } from '../journal.ts'
import type { CommitOutcome } from '../outcome.ts'
import { packGroup, packOutcomes, unpackGroup, unpackOutcomes } from './group.ts'

const event = (payload: string) => ({ type: 'test', payload })
const statement = { sql: 'select ?', parameters: [1, 'x', null], query: { kind: 'syntax tree' } }

const COMMITS: Commit[] = [
  { appends: [{ stream: 'thread:a', events: [event(''), event('🧑‍🚀'), event('plain')] }] },
  { appends: [], rows: [statement], fence: { runId: 'r', fence: 3 } },
  {
    appends: [
      { stream: 'user:b', events: [] },
      { stream: 'thread:a', events: [event('漢\ud800')] },
      { stream: 'user:b', events: [event('x')] },
    ],
    expect: [{ name: 'n', query: statement, rows: 'some' }],
    erase: [{ stream: 'user:b', threadId: 'a' }],
  },
]

test('a group crosses whole, without the syntax trees of its statements', () => {
  const plain = { sql: 'select ?', parameters: [1, 'x', null] }
  expect(unpackGroup(structuredClone(packGroup(COMMITS)))).toEqual([
    {
      appends: [{ stream: 'thread:a', payloads: ['', '🧑‍🚀', 'plain'] }],
      rows: [],
      expect: [],
      erase: [],
      fence: undefined,
    },
    { appends: [], rows: [plain], expect: [], erase: [], fence: { runId: 'r', fence: 3 } },
    {
      appends: [
        { stream: 'user:b', payloads: [] },
        { stream: 'thread:a', payloads: ['漢\ud800'] },
        { stream: 'user:b', payloads: ['x'] },
      ],
      rows: [],
      expect: [{ name: 'n', query: plain, rows: 'some' }],
      erase: [{ stream: 'user:b', threadId: 'a' }],
      fence: undefined,
    },
  ])
})

test('outcomes come back to the commits they belong to', () => {
  const outcomes: CommitOutcome[] = [
    { status: 'committed', appended: [{ stream: 'thread:a', first: 5, last: 7 }] },
    { status: 'stale_fence' },
    {
      status: 'committed',
      appended: [
        { stream: 'user:b', first: 1, last: 0 },
        { stream: 'thread:a', first: 8, last: 8 },
        { stream: 'user:b', first: 1, last: 1 },
      ],
    },
  ]
  expect(unpackOutcomes(COMMITS, structuredClone(packOutcomes(outcomes)))).toEqual(outcomes)
})
