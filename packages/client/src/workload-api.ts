import { z } from 'zod'

import { storedFileSchema } from './api-types.ts'
import type { HttpRequester } from './http-request.ts'

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()])

const columnMappingSchema = z.object({
  from: z.array(z.string()).optional(),
  between: z.tuple([z.string(), z.string()]).optional(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  unit: z.string().optional(),
  when: z.object({ column: z.string(), matches: z.string() }).optional(),
  extract: z.string().optional(),
  words: z.record(z.string(), z.string()).optional(),
})

const mappingSchema = z.object({
  columns: z.record(z.string(), columnMappingSchema),
  only: z.object({ column: z.string(), matches: z.string() }).optional(),
})

export const fileReadingSchema = z.object({
  file_id: z.string(),
  name: z.string(),
  format: z.string(),
  note: z.string().nullable(),
  corrected: z.boolean(),
  rows: z.number(),
  rejected: z.object({ count: z.number(), reasons: z.array(z.string()) }),
  mapping: mappingSchema,
  columns: z.array(z.object({ name: z.string(), type: z.string(), used: z.boolean() })),
  schema: z.array(
    z.object({
      name: z.string(),
      sort: z.string(),
      unit: z.string(),
      meaning: z.string(),
      units: z.array(z.string()),
    }),
  ),
  preview: z.object({ columns: z.array(z.string()), rows: z.array(z.array(cell)) }),
})

/** 0 to 1: a large file is being read for the first time. */
export const underWaySchema = z.object({ reading: z.number() })

export const keptCallsSchema = z.object({
  spans: z.number(),
  bytes: z.number().describe('Packed, as they are kept.'),
  first_at: z.string().nullable(),
  last_at: z.string().nullable(),
  max_bytes: z.number(),
  services: z
    .array(
      z.object({
        service: z.string().describe('Its `service.name`; empty for calls that gave none.'),
        spans: z.number(),
        first_at: z.string(),
        last_at: z.string(),
      }),
    )
    .describe('The 200 with most calls.'),
  services_total: z.number(),
})

export type KeptCalls = z.infer<typeof keptCallsSchema>
export type ColumnMapping = z.infer<typeof columnMappingSchema>
export type FileMapping = z.infer<typeof mappingSchema>
export type FileReading = z.infer<typeof fileReadingSchema>

const pathOf = (fileId: string): string => `/api/files/${encodeURIComponent(fileId)}/workload`

/**
 * Uploaded tables as usage of language models, and files of the usage that Netra holds.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class WorkloadApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  /** Ask again while it is still being read. */
  reading(fileId: string, signal?: AbortSignal): Promise<FileReading | { reading: number }> {
    const schema = z.union([fileReadingSchema, underWaySchema])
    return this.#http.json(schema, 'GET', pathOf(fileId), { signal })
  }

  /** Keeps a corrected mapping; with null goes back to what was recognised. */
  correct(fileId: string, mapping: FileMapping | null): Promise<FileReading> {
    return this.#http.json(fileReadingSchema, 'PUT', pathOf(fileId), { body: { mapping } })
  }

  /** What is kept of the calls that one's applications sent. */
  kept(signal?: AbortSignal): Promise<KeptCalls> {
    return this.#http.json(keptCallsSchema, 'GET', '/api/workload/spans', { signal })
  }

  /** Erases them: all, or those of a service or a period; `from` is included, `to` is not. */
  forget(which: { service?: string; from?: string; to?: string } = {}): Promise<void> {
    return this.#http.nothing('DELETE', '/api/workload/spans', { query: which })
  }

  /** A file of what there is now. */
  snapshot(source: 'otlp' | 'own_usage'): Promise<z.infer<typeof storedFileSchema>> {
    const body = { source }
    return this.#http.json(storedFileSchema, 'POST', '/api/workload/snapshots', { body })
  }
}
