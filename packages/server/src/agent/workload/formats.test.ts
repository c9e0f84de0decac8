import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { openDataStage, type DataStage } from '../../../testing/data-stage.ts'
import type { Cell } from '../tools/data/schemas.ts'

let stage: DataStage

beforeAll(async () => {
  stage = await openDataStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

interface Expected {
  format: string
  /** Columns that say something of a row, in each row. */
  rows: Record<string, Cell>[]
  rejected?: { count: number; reasons: string[] }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

const EMPTY_PERIODS = '1 records have no results, so that no row came of them'

const OPENAI_USAGE: Expected['rows'] = [
  {
    at: '2026-01-05 00:00:00',
    provider: 'openai',
    model: 'gpt-4o-mini-2024-07-18',
    requests: 5,
    input_tokens: 5000,
    output_tokens: 1000,
    cached_input_tokens: 4000,
    user: 'user-abc',
    project: 'proj_abc',
    api_key: 'key_abc',
    is_batch: false,
  },
  {
    at: '2026-01-05 00:00:00',
    provider: 'openai',
    model: 'gpt-4o-2024-08-06',
    requests: 2,
    input_tokens: 800,
    output_tokens: 90,
    cached_input_tokens: 0,
    project: 'proj_abc',
    api_key: 'key_abc',
    is_batch: true,
  },
]

const FILES: Record<string, Expected> = {
  'openai-usage.json': {
    format: 'openai usage',
    rows: OPENAI_USAGE,
    rejected: { count: 0, reasons: [EMPTY_PERIODS] },
  },
  'openai-usage.csv': { format: 'openai usage', rows: OPENAI_USAGE },
  'anthropic-usage.csv': {
    format: 'anthropic usage',
    rows: [
      {
        at: '2026-03-22 00:00:00',
        provider: 'anthropic',
        model: 'claude-sonnet-4-20250514',
        // 100,000 + 2,000 + 1,000 + 7,000
        input_tokens: 110_000,
        output_tokens: 5000,
        cached_input_tokens: 7000,
        cache_write_tokens: 3000,
        project: 'Default',
        api_key: 'app-key',
        is_batch: false,
      },
      {
        at: '2026-03-21 00:00:00',
        provider: 'anthropic',
        model: 'claude-haiku-4-5-20251001',
        input_tokens: 200_000,
        output_tokens: 10_000,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        project: 'Default',
        api_key: 'night-key',
        is_batch: true,
      },
    ],
  },
  'anthropic-report.json': {
    format: 'anthropic usage report',
    rows: [
      {
        at: '2026-03-22 00:00:00',
        provider: 'anthropic',
        model: 'claude-sonnet-4-20250514',
        // 1,500 + 1,000 + 500 + 200
        input_tokens: 3200,
        output_tokens: 500,
        cached_input_tokens: 200,
        cache_write_tokens: 1500,
        project: 'wrkspc_01J',
        api_key: 'apikey_01R',
        is_batch: false,
      },
    ],
  },
  'google-billing.jsonl': {
    format: 'google billing',
    rows: [
      {
        at: '2026-02-01 00:00:00',
        provider: 'google',
        model: 'Gemini 2.5 Flash',
        input_tokens: 1_000_000,
        cost_usd: 0.3,
        project: 'shop-prod',
        endpoint: 'us-central1',
        operation: 'Gemini 2.5 Flash Text Input - Predictions',
      },
      {
        at: '2026-02-01 00:00:00',
        provider: 'google',
        model: 'Gemini 2.5 Flash',
        output_tokens: 100_000,
        cost_usd: 0.25,
        project: 'shop-prod',
        endpoint: 'us-central1',
        operation: 'Gemini 2.5 Flash Text Output - Predictions',
      },
    ],
    rejected: {
      count: 1,
      reasons: ['1 left out: sku.description says that they are no calls'],
    },
  },
  'bedrock-invocations.jsonl': {
    format: 'aws bedrock invocation log',
    rows: [
      {
        at: '2026-04-09 23:00:17',
        provider: 'aws bedrock',
        model: 'anthropic.claude-3-haiku-20240307-v1:0',
        requests: 1,
        // 35 + 1,000 + 5
        input_tokens: 1040,
        output_tokens: 446,
        cached_input_tokens: 1000,
        cache_write_tokens: 5,
        latency_ms: 3640,
        status: 'ok',
        user: 'arn:aws:sts::123456789012:assumed-role/app',
        project: '123456789012',
        operation: 'Converse',
        endpoint: 'us-east-1',
        trace_id: '915a6a04',
        prompt_hash: md5('[{"role":"user","content":[{"text":"hello"}]}]'),
      },
      {
        at: '2026-04-09 23:00:19',
        provider: 'aws bedrock',
        model: 'anthropic.claude-3-haiku-20240307-v1:0',
        requests: 1,
        input_tokens: 0,
        status: 'error',
        error: 'ThrottlingException',
        user: 'arn:aws:sts::123456789012:assumed-role/app',
        project: '123456789012',
        operation: 'Converse',
        endpoint: 'us-east-1',
        trace_id: '915a6a05',
        prompt_hash: md5('[{"role":"user","content":[{"text":"hello"}]}]'),
      },
    ],
  },
  'aws-cur.csv': {
    format: 'aws cost and usage report',
    rows: [
      {
        at: '2026-04-01 00:00:00',
        provider: 'aws bedrock',
        model: 'Claude4.6Sonnet',
        input_tokens: 23_500,
        cost_usd: 0.0705,
        user: 'arn:aws:iam::123456789012:user/alice',
        project: '123456789012',
        operation: 'InvokeModelInference',
        endpoint: 'us-east-1',
      },
      {
        at: '2026-04-01 00:00:00',
        provider: 'aws bedrock',
        model: 'Claude4.6Sonnet',
        input_tokens: 100_000,
        cached_input_tokens: 100_000,
        cost_usd: 0.03,
        user: 'arn:aws:iam::123456789012:user/alice',
        project: '123456789012',
        operation: 'InvokeModelInference',
        endpoint: 'us-east-1',
      },
      {
        at: '2026-04-01 00:00:00',
        provider: 'aws bedrock',
        model: 'Claude4.6Sonnet',
        output_tokens: 14_250,
        cost_usd: 0.21375,
        user: 'arn:aws:iam::123456789012:user/alice',
        project: '123456789012',
        operation: 'InvokeModelInference',
        endpoint: 'us-east-1',
      },
    ],
    rejected: {
      count: 1,
      reasons: ['1 left out: line_item_usage_type says that they are no calls'],
    },
  },
  'litellm-spend.jsonl': {
    format: 'litellm spend logs',
    rows: [
      {
        at: '2026-01-05 10:00:00',
        provider: 'openai',
        model: 'gpt-4o-mini',
        requests: 1,
        input_tokens: 100,
        output_tokens: 50,
        cached_input_tokens: 64,
        reasoning_tokens: 20,
        cost_usd: 0.000165,
        latency_ms: 2500,
        first_token_ms: 400,
        status: 'ok',
        user: 'customer-7',
        project: 'team-a',
        api_key: 'shop',
        operation: 'acompletion',
        session: 's-1',
        endpoint: 'https://api.openai.com',
        trace_id: 'chatcmpl-1',
      },
      {
        at: '2026-01-05 10:01:00',
        provider: 'openai',
        model: 'gpt-4o-mini',
        requests: 1,
        input_tokens: 0,
        output_tokens: 0,
        cost_usd: 0,
        latency_ms: 250,
        status: 'error',
        error: 'RateLimitError',
        project: 'team-a',
        api_key: 'shop',
        operation: 'acompletion',
        session: 's-2',
        endpoint: 'https://api.openai.com',
        trace_id: 'chatcmpl-2',
      },
    ],
  },
  'langfuse-observations.json': {
    format: 'langfuse observations',
    rows: [
      {
        at: '2026-01-05 10:00:00',
        model: 'gpt-4o',
        requests: 1,
        // 40 + 60; 30 + 12
        input_tokens: 100,
        output_tokens: 42,
        cached_input_tokens: 60,
        reasoning_tokens: 12,
        cost_usd: 0.0005,
        latency_ms: 3000,
        first_token_ms: 750,
        status: 'ok',
        user: 'u1',
        project: 'production',
        operation: 'GENERATION',
        session: 's1',
        endpoint: 'answer',
        trace_id: 't1',
        prompt_hash: md5('hello'),
      },
      {
        at: '2026-01-05 10:05:00',
        model: 'gpt-4o',
        requests: 1,
        input_tokens: 10,
        output_tokens: 0,
        cost_usd: 0,
        latency_ms: 1000,
        status: 'error',
        error: '429 rate limit',
        user: 'u2',
        project: 'production',
        operation: 'GENERATION',
        session: 's2',
        endpoint: 'answer',
        trace_id: 't2',
        prompt_hash: md5('hello'),
      },
    ],
    rejected: { count: 1, reasons: ['1 left out: type says that they are no calls'] },
  },
  'azure-trace.csv': {
    format: 'azure llm trace',
    rows: [
      { at: '2023-11-16 18:17:03.979960', requests: 1, input_tokens: 4808, output_tokens: 10 },
      { at: '2023-11-16 18:17:04.031960', requests: 1, input_tokens: 3180, output_tokens: 8 },
    ],
  },
  'mooncake.jsonl': {
    format: 'mooncake trace',
    rows: [
      {
        at: '1970-01-01 00:00:00',
        requests: 1,
        input_tokens: 1500,
        output_tokens: 500,
        prompt_blocks: '[0, 1, 2]',
        block_tokens: 512,
      },
      {
        at: '1970-01-01 00:00:03',
        requests: 1,
        input_tokens: 1030,
        output_tokens: 90,
        prompt_blocks: '[0, 1, 7]',
        block_tokens: 512,
      },
    ],
  },
}

test.each(Object.entries(FILES))('%s is recognised and read', async (name, expected) => {
  const content = await readFile(new URL(`./fixtures/${name}`, import.meta.url))
  const file = await stage.store(name, content)
  const workload = await stage.tools.workloads.open([file.fileId], stage.contextOf([file]))
  const answer = await workload.query('SELECT * EXCLUDE (source) FROM workload')
  const rows = answer.rows.map((cells) =>
    Object.fromEntries(
      cells.flatMap((cell, index) =>
        cell === null ? [] : [[answer.columns[index]?.name ?? '', cell]],
      ),
    ),
  )
  expect({ format: workload.files[0]?.format, rows }).toEqual({
    format: expected.format,
    rows: expected.rows,
  })
  expect(workload.rejected).toEqual(expected.rejected ?? { count: 0, reasons: [] })
})
