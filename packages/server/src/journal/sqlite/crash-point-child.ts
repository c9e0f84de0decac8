import { writeSync } from 'node:fs'

import type { StreamName } from '../journal.ts'
import type { CommitRequest } from './messages.ts'
import { Writer } from './writer.ts'

/**
 * Commits, erases, compacts, overwrites and begins an epoch, tells each thing once it is acknowledged,
 * and kills itself when it comes to the named point for the nth time.
 */
const [, , folder = '', point = '', nth = '1'] = process.argv
const STEPS = 260
const OPEN: StreamName = 'thread:a'
const SECRET: StreamName = 'thread:b'

let times = 0
const writer = new Writer({
  folder,
  at: '',
  indexEvery: 40,
  reached(at) {
    if (at === point) times += 1
    if (at === point && times === Number(nth)) process.kill(process.pid, 'SIGKILL')
  },
})

const say = (line: Record<string, unknown>): void => void writeSync(1, `${JSON.stringify(line)}\n`)

const commit = (part: Partial<CommitRequest>): void => {
  const whole = { appends: [], rows: [], expect: [], fence: undefined, erase: [], ...part }
  const { outcomes } = writer.commit([whole])
  if (outcomes[0]?.status !== 'committed') throw new Error(JSON.stringify(outcomes))
}

const payload = (n: number, stream: StreamName): string =>
  JSON.stringify({ n, text: `${stream === SECRET ? 'secret' : 'open'}-${n}-`.repeat(2_500) })

const epoch = (): string => writer.opened.epoch
say({ did: 'open', epoch: epoch() })
for (let n = 1; n <= STEPS; n += 1) {
  const appends = [OPEN, SECRET].map((stream) => ({ stream, payloads: [payload(n, stream)] }))
  const sql = "insert into setting (key, value, updated_at) values (?, '', '')"
  commit({ appends, rows: [{ sql, parameters: [`k${n}`] }] })
  say({ did: 'commit', n })
  writer.checkpointIfDue()
  if (n % 9 === 0) {
    commit({ erase: [{ stream: SECRET }] })
    say({ did: 'erase', through: n })
  }
  if (n % 10 === 0) {
    const kept = JSON.stringify({ n: n - 8, text: 'kept' })
    const range = { first: n - 8, last: n - 4, keep: { seq: n - 8, payload: kept } }
    const failure = writer.compact({ stream: OPEN, ranges: [range] })
    if (failure) throw new Error(failure.message)
    say({ did: 'compact', first: n - 8, last: n - 4 })
  }
  if (n % 130 === 0) {
    for (let left = 'rows'; left !== 'nothing';) {
      const step = writer.overwrite()
      if ('problem' in step) throw new Error(step.problem.message)
      left = step.left
    }
    say({ did: 'overwrite' })
  }
  if (n === 120) say({ did: 'epoch', epoch: writer.lose('asked for by a test').epoch })
}
throw new Error(`"${point}" was reached ${times} times only`)
