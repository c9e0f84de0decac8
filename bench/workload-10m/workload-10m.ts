import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { DuckDBInstance } from '@duckdb/node-api'

import { openDataStage } from '../../packages/server/testing/data-stage.ts'

/**
 * How long ten million events take, from an uploaded file to the answer of a grouped query, through
 * the same child processes, limits and mapping that agents use.
 *
 *   node bench/workload-10m/workload-10m.ts [--rows 10000000] [--format parquet|csv.gz|ndjson.gz]
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    format: { type: 'string', default: 'parquet' },
  },
})
const rows = Number(values.rows)

/** The same rows at every run: each is made of its own number. */
const EVENTS = `SELECT
    TIMESTAMP '2026-01-01' + to_milliseconds(range * (7776000000::BIGINT // ${rows})) AS timestamp,
    ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4', 'gemini-2.5-flash'][1 + (hash(range) % 4)::INTEGER] AS model,
    'user-' || (hash(range + 1) % 5000)::VARCHAR AS user_id,
    'project-' || (hash(range + 2) % 40)::VARCHAR AS project,
    (50 + hash(range + 3) % 8000)::BIGINT AS input_tokens,
    (1 + hash(range + 4) % 900)::BIGINT AS output_tokens,
    (hash(range + 5) % 9000)::DOUBLE / 1.5 AS latency_ms,
    CASE WHEN hash(range + 6) % 100 < 2 THEN 'error' ELSE 'ok' END AS status
  FROM range(${rows})`

const COPY: Record<string, string> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  'csv.gz': 'FORMAT csv, HEADER, COMPRESSION gzip',
  'ndjson.gz': 'FORMAT json, COMPRESSION gzip',
}

const QUERIES: Record<string, string> = {
  'tokens and calls by model and day': `SELECT model, date_trunc('day', "at") AS day, sum(requests), sum(input_tokens), sum(output_tokens) FROM workload GROUP BY ALL ORDER BY ALL`,
  'p50, p95 of latency by model':
    "SELECT model, quantile_cont(latency_ms, [0.5, 0.95]), count(*) FILTER (WHERE status = 'error') FROM workload GROUP BY ALL",
  'the ten users with most tokens':
    'SELECT "user", sum(input_tokens + output_tokens) AS tokens FROM workload GROUP BY ALL ORDER BY tokens DESC LIMIT 10',
}

const folder = mkdtempSync(join(tmpdir(), 'netra-10m-'))
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Seconds, to the tenth. */
const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1)

try {
  const path = join(folder, `events.${values.format}`)
  const copy = COPY[values.format]
  if (copy === undefined) throw new Error(`--format is one of ${Object.keys(COPY).join(', ')}.`)
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB' })
  const connection = await instance.connect()
  await connection.run(`COPY (${EVENTS}) TO '${path}' (${copy})`)
  connection.closeSync()
  instance.closeSync()
  say(`${rows} events, ${values.format}: ${(statSync(path).size / 1_000_000).toFixed(0)} MB`)

  await using stage = await openDataStage({ maxFileBytes: 2_000_000_000 })
  const file = await stage.store(`events.${values.format}`, createReadStream(path))
  const context = stage.contextOf([file])
  let told = 0
  context.progress = () => {
    told += 1
  }
  let since = performance.now()
  const workload = await stage.tools.workloads.open([file.fileId], context)
  say(`read in ${seconds(since)} s, progress told ${told} times, ${workload.rows} rows`)
  for (const [name, sql] of Object.entries(QUERIES)) {
    since = performance.now()
    const answer = await workload.query(sql)
    say(`${name}: ${seconds(since)} s, ${answer.rows.length} rows`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
