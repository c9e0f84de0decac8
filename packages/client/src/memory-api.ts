import { z } from 'zod'

import type { HttpRequester } from './http-request.ts'

export const noteSchema = z.object({
  id: z.string(),
  kind: z.enum(['instruction', 'fact']),
  text: z.string(),
  /** Which agent learned it, and where; null when the person wrote it. */
  learned: z.object({ thread_id: z.string().nullable(), agent: z.string() }).nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const memorySchema = z.object({
  is_on: z.boolean(),
  notes: z.array(noteSchema),
  limits: z.object({ notes: z.number(), characters: z.number() }),
})

export type Note = z.infer<typeof noteSchema>
export type MemoryState = z.infer<typeof memorySchema>

const notePath = (id: string): string => `/api/memory/notes/${encodeURIComponent(id)}`

/**
 * What agents are told of the person who is signed in.
 *
 * @throws ApiError from every method, for every answer that is not 2xx and when none comes.
 */
export class MemoryApi {
  readonly #http: HttpRequester

  constructor(http: HttpRequester) {
    this.#http = http
  }

  state(signal?: AbortSignal): Promise<MemoryState> {
    return this.#http.json(memorySchema, 'GET', '/api/memory', { signal })
  }

  turn(is_on: boolean): Promise<MemoryState> {
    return this.#http.json(memorySchema, 'PUT', '/api/memory', { body: { is_on } })
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#http.nothing('DELETE', '/api/memory')
  }

  add(note: Pick<Note, 'kind' | 'text'>): Promise<Note> {
    return this.#http.json(noteSchema, 'POST', '/api/memory/notes', { body: note })
  }

  change(id: string, change: Partial<Pick<Note, 'kind' | 'text'>>): Promise<Note> {
    return this.#http.json(noteSchema, 'PATCH', notePath(id), { body: change })
  }

  remove(id: string): Promise<void> {
    return this.#http.nothing('DELETE', notePath(id))
  }
}
