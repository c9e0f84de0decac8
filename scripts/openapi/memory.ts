import { memorySchema, noteSchema } from '../../packages/client/src/memory-api.ts'
import * as memory from '../../packages/server/src/gateway/http/memory.ts'
import type { Area } from './route.ts'

export const remembered: Area = {
  name: 'Memory',
  about: 'What agents are told of a person in every conversation.',
  routes: {
    'GET /api/memory': {
      summary: 'What agents are told of one',
      who: ['chat:read'],
      answers: { 200: memorySchema },
    },
    'PUT /api/memory': {
      summary: 'Whether agents are told; the notes stay',
      who: 'person',
      body: memory.memoryChoice,
      answers: { 200: memorySchema },
    },
    'DELETE /api/memory': {
      summary: 'Forget everything',
      who: 'person',
      answers: { 204: null },
    },
    'POST /api/memory/notes': {
      summary: 'Add a note; the same twice is one',
      who: 'person',
      body: memory.newNote,
      answers: { 201: noteSchema },
    },
    'PATCH /api/memory/notes/:id': {
      summary: 'Change a note',
      who: 'person',
      body: memory.noteChange,
      answers: { 200: noteSchema },
    },
    'DELETE /api/memory/notes/:id': {
      summary: 'Delete a note',
      who: 'person',
      answers: { 204: null },
    },
  },
}
