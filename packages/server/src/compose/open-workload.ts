import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

import { ToolError } from '../agent/tools/tool.ts'
import { MAPPED_COLUMNS, WORKLOAD_COLUMNS } from '../agent/workload/columns.ts'
import type { MappedFile, MappedFiles } from '../agent/workload/mapped-files.ts'
import type { MappingStore } from '../agent/workload/mapping-store.ts'
import { columnsUsed, mapping as mappingSchema, unitsOf } from '../agent/workload/mapping.ts'
import type { Workloads } from '../agent/workload/workloads.ts'
import { tableKindOf, type Files, type StoredFile } from '../files/files.ts'
import {
  MappingRefused,
  NothingToSnapshot,
  type FileReading,
  type SnapshotSource,
  type WorkloadPage,
} from '../gateway/ports.ts'
import type { Journal } from '../journal/journal.ts'
import { isoTime, type Clock } from '../platform/clock.ts'
import { asId, type UserId } from '../platform/ids.ts'
import { problemWords } from '../platform/problem-words.ts'
import type { Spans } from '../spans/spans.ts'

export interface WorkloadPageOptions {
  journal: Journal
  files: Files
  mappings: MappingStore
  mappedFiles: MappedFiles
  workloads: Workloads
  spans: Spans
  clock: Clock
}

/** A request is answered after so long, even though a large file is still being read. */
const ANSWER_WITHIN_MS = 8_000
const PREVIEW_ROWS = 5
/** Whoever looks may go away: what is read is remembered for the next look. */
const NEVER = new AbortController().signal

const contextOf = (file: StoredFile, progress: (done: number) => void) => ({
  userId: file.userId,
  threadId: '',
  runId: '',
  files: [file],
  signal: NEVER,
  progress: (update: { progress: number }) => progress(update.progress),
})

/** What the edge shows of workloads, wired of the parts that know them. */
export function workloadPageOf(options: WorkloadPageOptions): WorkloadPage {
  const { files, mappings, mappedFiles, clock } = options
  /** Files that are read for the first time, and how far that is; nobody's going away stops it. */
  const underWay = new Map<string, { done: number; reading: Promise<FileReading> }>()

  const begin = (file: StoredFile) => {
    const known = underWay.get(file.fileId)
    if (known) return known
    const entry: { done: number; reading: Promise<FileReading> } = {
      done: 0,
      reading: Promise.resolve().then(async () => {
        const context = contextOf(file, (done) => {
          entry.done = done
        })
        try {
          return await shown(options, await mappedFiles.open(file.fileId, context), context)
        } finally {
          underWay.delete(file.fileId)
        }
      }),
    }
    // Told to whoever waits for it; nobody may.
    entry.reading.catch(() => undefined)
    underWay.set(file.fileId, entry)
    return entry
  }

  return {
    async look(userId, fileId) {
      const file = await files.find(userId, fileId)
      if (!file) return undefined
      if (!tableKindOf(file)) throw new MappingRefused(`${file.name} is no table: it has no rows.`)
      const entry = begin(file)
      const late = Promise.withResolvers<{ reading: number }>()
      const cancel = clock.after(ANSWER_WITHIN_MS, () => late.resolve({ reading: entry.done }))
      try {
        return await Promise.race([asRefusal(entry.reading), late.promise])
      } finally {
        cancel()
      }
    },

    async correct(userId, fileId, wanted) {
      const file = await files.find(userId, fileId)
      if (!file) return undefined
      const context = contextOf(file, () => undefined)
      if (wanted === null) {
        await mappings.remove(userId, fileId)
      } else {
        const parsed = mappingSchema.safeParse(wanted, { error: problemWords })
        if (!parsed.success) throw new MappingRefused(parsed.error.issues.map(wordsOf).join(' '))
        await asRefusal(mappedFiles.tryOut(fileId, parsed.data, context))
        await mappings.save(userId, fileId, parsed.data, isoTime(clock))
      }
      return asRefusal(
        mappedFiles.open(fileId, context).then((mapped) => shown(options, mapped, context)),
      )
    },

    forget: (userId, fileId) => mappings.remove(userId, fileId),
    corrections: (userId) => mappings.list(userId),

    async snapshot(userId, { source, from, to }) {
      const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
      const lines =
        source === 'otlp'
          ? options.spans.lines(asId<UserId>(userId), period)
          : ownUsage(options.journal, asId<UserId>(userId), period)
      const first = await lines.next()
      if (first.done) {
        throw new NothingToSnapshot(
          source === 'otlp'
            ? 'No calls of an application are kept for that time. Send them to /v1/traces first.'
            : 'Your own runs used no model in that time.',
        )
      }
      const text = async function* (): AsyncGenerator<string> {
        yield first.value
        yield* lines
      }
      return files.store({
        userId,
        name: `${nameOf(source, period, clock)}.ndjson.gz`,
        mediaType: 'application/gzip',
        origin: 'snapshot',
        // An error on the way comes out at the end, where whoever stores it waits.
        content: pipeline(Readable.from(text()), createGzip(), () => undefined),
      })
    },
  }
}

const wordsOf = ({ path, message }: { path: PropertyKey[]; message: string }): string =>
  `${path.map(String).join('.')}: ${message}.`

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ').replace(':', '.')

/** What it holds and of when; without a period, when it was made. */
function nameOf(
  source: SnapshotSource,
  { from, to }: { from?: string; to?: string },
  clock: Clock,
): string {
  const what = source === 'otlp' ? 'application calls' : 'own usage'
  if (from === undefined && to === undefined) return `${what} ${minute(isoTime(clock))}`
  const since = from === undefined ? '' : ` from ${minute(from)}`
  return `${what}${since}${to === undefined ? '' : ` to ${minute(to)}`}`
}

/** What tools tell a model of a file, this tells its owner. */
async function asRefusal<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ToolError) throw new MappingRefused(error.message)
    throw error
  }
}

async function shown(
  { workloads }: WorkloadPageOptions,
  mapped: MappedFile,
  context: Parameters<Workloads['open']>[1],
): Promise<FileReading> {
  const used = columnsUsed(mapped.mapping)
  const { fileId, name } = mapped.file
  const isMapped = Object.keys(mapped.mapping.columns).length > 0
  const preview = isMapped
    ? await (
        await workloads.open([fileId], context)
      ).query(`SELECT * EXCLUDE (source) FROM workload LIMIT ${PREVIEW_ROWS}`)
    : { columns: [], rows: [] }
  return {
    file_id: fileId,
    name,
    format: mapped.format,
    note: mapped.note ?? null,
    corrected: mapped.corrected,
    rows: mapped.rows,
    rejected: mapped.rejected,
    mapping: mapped.mapping,
    columns: [...mapped.columns].map(([column, type]) => ({
      name: column,
      type,
      used: used.has(column),
    })),
    schema: MAPPED_COLUMNS.map((column) => {
      const { sort, unit, meaning } = WORKLOAD_COLUMNS[column]
      return { name: column, sort, unit, meaning, units: unitsOf(column) }
    }),
    preview: { columns: preview.columns.map((column) => column.name), rows: preview.rows },
  }
}

const PAGE = 1_000

/** Calls of models that a person's own runs made, in the workload's columns, oldest first. */
async function* ownUsage(
  { db }: Journal,
  userId: UserId,
  { from = '', to = '\uffff' }: { from?: string; to?: string },
): AsyncGenerator<string> {
  let after = ''
  for (;;) {
    const calls = await db
      .selectFrom('model_call')
      .selectAll()
      .where('user_id', '=', userId)
      .where('at', '>=', from)
      .where('at', '<', to)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    if (calls.length > 0)
      yield `${calls.map((call) => JSON.stringify(usageRow(call))).join('\n')}\n`
    const last = calls.at(-1)
    if (!last || calls.length < PAGE) return
    after = last.id
  }
}

function usageRow(call: {
  at: string
  model: string
  status: string
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  cost_usd: number | null
  ms: number
  agent: string | null
  thread_id: string
  run_id: string
}) {
  const slash = call.model.indexOf('/')
  return {
    at: call.at,
    model: call.model.slice(slash + 1),
    provider: slash > 0 ? call.model.slice(0, slash) : null,
    requests: 1,
    input_tokens: call.input_tokens,
    output_tokens: call.output_tokens,
    cached_input_tokens: call.cached_input_tokens,
    cost_usd: call.cost_usd,
    latency_ms: call.ms,
    status: call.status === 'ok' ? 'ok' : 'error',
    error: call.status === 'ok' ? null : call.status,
    project: 'netra',
    operation: 'chat',
    session: call.thread_id,
    endpoint: call.agent,
    trace_id: call.run_id,
  }
}
