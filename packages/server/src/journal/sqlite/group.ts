import type { Statement } from '../../platform/statement.ts'
import type { Commit, Expectation, StreamName } from '../journal.ts'
import type { CommitOutcome } from '../outcome.ts'
import type { CommitRequest, Conditions, PackedGroup, PackedOutcomes } from './messages.ts'

export function packGroup(commits: readonly Commit[]): PackedGroup {
  const texts: string[] = []
  const appends: number[] = []
  const names = new Map<StreamName, number>()
  const runs: string[] = []
  const fences: number[] = []
  const conditions: PackedGroup['conditions'] = []
  commits.forEach((commit, index) => {
    if (commit.fence) {
      runs.push(commit.fence.runId)
      fences.push(index, commit.fence.fence)
    }
    if (commit.rows?.length || commit.expect?.length || commit.erase?.length) {
      conditions.push([index, conditionsOf(commit)])
    }
    for (const { stream, events } of commit.appends) {
      const name = names.get(stream) ?? names.size
      names.set(stream, name)
      appends.push(index, name, events.length)
      for (const { payload } of events) texts.push(payload)
    }
  })
  return {
    text: texts.join(''),
    lengths: Uint32Array.from(texts, (text) => text.length),
    names: [...names.keys()],
    appends: Uint32Array.from(appends),
    commits: commits.length,
    runs,
    fences: Float64Array.from(fences),
    conditions,
  }
}

function conditionsOf({ rows, expect, erase }: Commit): Conditions {
  return {
    rows: rows?.map(plain) ?? [],
    expect:
      expect?.map(({ name, query, rows: wanted }) => ({
        name,
        query: plain(query),
        rows: wanted,
      })) ?? ([] satisfies Expectation[]),
    erase: erase ?? [],
  }
}

/** A compiled Kysely query carries its syntax tree, which must not cross threads. */
const plain = ({ sql, parameters }: Statement): Statement => ({ sql, parameters })

export function unpackGroup(group: PackedGroup): CommitRequest[] {
  const conditions = new Map(group.conditions)
  const requests = Array.from({ length: group.commits }, (_, index) => ({
    appends: [] as { stream: StreamName; payloads: string[] }[],
    rows: conditions.get(index)?.rows ?? [],
    expect: conditions.get(index)?.expect ?? [],
    erase: conditions.get(index)?.erase ?? [],
    fence: undefined as CommitRequest['fence'],
  }))
  group.runs.forEach((runId, index) => {
    const [commit = 0, fence = 0] = group.fences.subarray(index * 2)
    const request = requests[commit]
    if (request) request.fence = { runId, fence }
  })
  let event = 0
  let at = 0
  for (let index = 0; index < group.appends.length; index += 3) {
    const [commit = 0, name = 0, count = 0] = group.appends.subarray(index, index + 3)
    const payloads: string[] = []
    for (let n = 0; n < count; n += 1) {
      const end = at + (group.lengths[event] ?? 0)
      payloads.push(group.text.slice(at, end))
      at = end
      event += 1
    }
    const stream = group.names[name]
    if (stream !== undefined) requests[commit]?.appends.push({ stream, payloads })
  }
  return requests
}

export function packOutcomes(outcomes: readonly CommitOutcome[]): PackedOutcomes {
  const firsts: number[] = []
  const others: PackedOutcomes['others'] = []
  outcomes.forEach((outcome, index) => {
    if (outcome.status !== 'committed') others.push([index, outcome])
    else for (const { first } of outcome.appended) firsts.push(first)
  })
  return { firsts: Float64Array.from(firsts), others }
}

export function unpackOutcomes(
  commits: readonly Commit[],
  { firsts, others }: PackedOutcomes,
): CommitOutcome[] {
  const unusual = new Map(others)
  let append = 0
  return commits.map((commit, index): CommitOutcome => {
    const other = unusual.get(index)
    if (other) return other
    const appended = commit.appends.map(({ stream, events }) => {
      const first = firsts[append] ?? Number.NaN
      append += 1
      return { stream, first, last: first + events.length - 1 }
    })
    return { status: 'committed', appended }
  })
}
