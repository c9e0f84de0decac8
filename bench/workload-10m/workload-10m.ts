import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

import { openDataStage } from '../../packages/server/testing/data-stage.ts'
import { benchFolder } from '../support/folder.ts'
import { note, thousands, type Bench, type Row } from '../support/report.ts'
import { median } from '../support/statistics.ts'

/**
 * Ten million calls of models in one file: how long it takes to be read, and to answer grouped
 * questions, through the child processes, limits and mapping that agents use, against the same
 * engine over the same rows as one table without Netra around it. Both take turns.
 *
 * EVENTS: rows. FORMAT: parquet, csv.gz or ndjson.gz. ROUNDS: of each question.
 */
const EVENTS = Number(process.env['EVENTS'] ?? 10_000_000)
const FORMAT = process.env['FORMAT'] ?? 'parquet'
const ROUNDS = Number(process.env['ROUNDS'] ?? 3)
const LONGEST_ANSWER_S = 5
const QUARTER_MS = 90 * 24 * 3600 * 1000

/** The same rows at every run: each is made of its own number. */
const MADE = `SELECT
    TIMESTAMP '2026-01-01' + to_milliseconds(range * ${Math.floor(QUARTER_MS / EVENTS)}::BIGINT) AS timestamp,
    ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4', 'gemini-2.5-flash'][1 + (hash(range) % 4)::INTEGER] AS model,
    'user-' || (hash(range + 1) % 5000)::VARCHAR AS user_id,
    'project-' || (hash(range + 2) % 40)::VARCHAR AS project,
    (50 + hash(range + 3) % 8000)::BIGINT AS input_tokens,
    (1 + hash(range + 4) % 900)::BIGINT AS output_tokens,
    (hash(range + 5) % 9000)::DOUBLE / 1.5 AS latency_ms,
    CASE WHEN hash(range + 6) % 100 < 2 THEN 'error' ELSE 'ok' END AS status
  FROM range(${EVENTS})`

const COPY: Record<string, string> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  'csv.gz': 'FORMAT csv, HEADER, COMPRESSION gzip',
  'ndjson.gz': 'FORMAT json, COMPRESSION gzip',
}

interface Question {
  name: string
  /** Over the view, and over the bare table. */
  ours: string
  bare: string
}

const QUESTIONS: Question[] = [
  {
    name: 'tokens and calls by model and day',
    ours: `SELECT model, date_trunc('day', "at") AS day, sum(requests), sum(input_tokens), sum(output_tokens) FROM workload GROUP BY ALL ORDER BY ALL`,
    bare: `SELECT model, date_trunc('day', timestamp) AS day, count(*), sum(input_tokens), sum(output_tokens) FROM data GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: 'p50 and p95 of latency by model',
    ours: `SELECT model, quantile_cont(latency_ms, [0.5, 0.95]) FROM workload GROUP BY ALL ORDER BY ALL`,
    bare: `SELECT model, quantile_cont(latency_ms, [0.5, 0.95]) FROM data GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: 'the ten users with most tokens',
    ours: `SELECT "user", sum(input_tokens + output_tokens) AS tokens FROM workload GROUP BY ALL ORDER BY ALL DESC LIMIT 10`,
    bare: `SELECT user_id, sum(input_tokens + output_tokens) AS tokens FROM data GROUP BY ALL ORDER BY ALL DESC LIMIT 10`,
  },
]

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now()
  await work()
  return (performance.now() - since) / 1_000
}

const inSeconds = (value: number): string => `${value.toFixed(1)} s`

export const workload10m: Bench = {
  name: 'workload-10m',
  about: `${thousands(EVENTS)} events of usage in one ${FORMAT} file: read once, then asked`,
  async run() {
    using folder = benchFolder()
    const bare = await openBare(join(folder.path, 'bare.duckdb'))
    const path = join(folder.path, `events.${FORMAT}`)
    await bare.run(`COPY (${MADE}) TO '${path}' (${COPY[FORMAT] ?? ''})`)
    note(`${(statSync(path).size / 1_000_000).toFixed(0)} MB of ${FORMAT}`)
    const bareRead = await secondsOf(() => bare.run(`CREATE TABLE data AS FROM '${path}'`))
    await using stage = await openDataStage({ maxFileBytes: 4_000_000_000 })
    const file = await stage.store(`events.${FORMAT}`, createReadStream(path))
    let told = 0
    const context = { ...stage.contextOf([file]), progress: () => void (told += 1) }
    const since = performance.now()
    const workload = await stage.tools.workloads.open([file.fileId], context)
    const read = (performance.now() - since) / 1_000
    if (workload.rows !== EVENTS) throw new Error(`${workload.rows} of ${EVENTS} rows were read`)
    note(`read in ${inSeconds(read)}, told of it ${told} times`)
    const rows: Row[] = [
      {
        what: `read, ${FORMAT}`,
        ours: inSeconds(read),
        against: inSeconds(bareRead),
        ratio: read / bareRead,
      },
    ]
    for (const question of QUESTIONS)
      rows.push(await ask(question, (sql) => workload.query(sql), bare))
    bare.closeSync()
    return rows
  },
}

async function openBare(path: string): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(path, { threads: '2', memory_limit: '1GB' })
  return instance.connect()
}

async function ask(
  { name, ours, bare }: Question,
  query: (sql: string) => Promise<{ rows: unknown[][] }>,
  connection: DuckDBConnection,
): Promise<Row> {
  const times: { ours: number; bare: number }[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    let rows = 0
    let expected = 0
    const taken = {
      ours: await secondsOf(async () => {
        rows = (await query(ours)).rows.length
      }),
      bare: await secondsOf(async () => {
        expected = (await connection.runAndReadAll(bare)).currentRowCount
      }),
    }
    if (rows !== expected) throw new Error(`${name}: ${rows} rows, and ${expected} without Netra`)
    note(`${name}: ${inSeconds(taken.ours)} against ${inSeconds(taken.bare)}`)
    times.push(taken)
  }
  const typical = median(times.map((time) => time.ours))
  return {
    what: name,
    ours: inSeconds(typical),
    against: inSeconds(median(times.map((time) => time.bare))),
    ratio: median(times.map((time) => time.ours / time.bare)),
    goal: { most: LONGEST_ANSWER_S, value: typical, text: `${LONGEST_ANSWER_S} s` },
  }
}
