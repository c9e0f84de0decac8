import { z } from 'zod'

import {
  MAX_NOTE_CHARACTERS,
  MAX_NOTES,
  MemoryRefused,
  type Note,
  type NoteKind,
} from '../../memory/memory.ts'
import { absent, HttpError, parse } from './http-error.ts'
import type { Http } from './http.ts'

const byId = z.object({ id: z.string().min(1).max(128) })
const kind = z.enum(['instruction', 'fact'])
const text = z.string().trim().min(1).max(MAX_NOTE_CHARACTERS)
export const newNote = z.strictObject({ kind, text })
export const noteChange = z.strictObject({ kind: kind.optional(), text: text.optional() })
export const memoryChoice = z.strictObject({ is_on: z.boolean() })

/**
 * What agents are told of a person in every conversation: theirs to read, change and delete. What lasts
 * is a person's alone to say: an API key may read it and no more.
 */
export function addMemoryRoutes({ app, parts, user }: Http): void {
  const { memory } = parts

  app.get('/api/memory', async (request) => {
    const { userId } = await user(request, 'chat:read')
    return { ...(await memory.list(userId)), limits: LIMITS }
  })

  app.put('/api/memory', async (request) => {
    const { userId } = await user(request)
    await memory.turn(userId, parse(memoryChoice, request.body).is_on)
    return { ...(await memory.list(userId)), limits: LIMITS }
  })

  app.delete('/api/memory', async (request, reply) => {
    const { userId } = await user(request)
    await memory.clear(userId)
    return reply.status(204).send()
  })

  app.post('/api/memory/notes', async (request, reply) => {
    const { userId } = await user(request)
    const note = await added(userId, parse(newNote, request.body))
    return reply.status(201).send(note)
  })

  app.patch('/api/memory/notes/:id', async (request) => {
    const { userId } = await user(request)
    const { id } = parse(byId, request.params)
    const note = await memory.change(userId, id, parse(noteChange, request.body))
    if (!note) throw absent('note')
    return note
  })

  app.delete('/api/memory/notes/:id', async (request, reply) => {
    const { userId } = await user(request)
    if (!(await memory.remove(userId, parse(byId, request.params).id))) throw absent('note')
    return reply.status(204).send()
  })

  async function added(
    userId: Parameters<typeof memory.add>[0],
    note: { kind: NoteKind; text: string },
  ): Promise<Note> {
    try {
      return await memory.add(userId, note)
    } catch (error) {
      if (!(error instanceof MemoryRefused)) throw error
      throw new HttpError(422, 'VALIDATION_ERROR', error.message)
    }
  }
}

const LIMITS = { notes: MAX_NOTES, characters: MAX_NOTE_CHARACTERS }
