import { z } from 'zod'

import { fileListSchema, storedFileSchema } from '../../packages/client/src/api-types.ts'
import { media, type Area } from './route.ts'

const upload = z.object({ file: z.string().meta({ format: 'binary' }) })

export const files: Area = {
  name: 'Files',
  about: 'What people upload.',
  routes: {
    'GET /api/files': {
      summary: 'One’s files',
      who: ['files:read'],
      answers: { 200: fileListSchema },
    },
    'POST /api/files': {
      summary: 'Upload a file',
      who: ['files:write'],
      body: media('multipart/form-data', 'the file', upload),
      answers: { 201: storedFileSchema },
    },
    'POST /api/files/sample': {
      summary: 'Take the built-in sample',
      who: ['files:write'],
      answers: { 201: storedFileSchema },
    },
    'GET /api/files/:id/content': {
      summary: 'A file’s bytes, as a download',
      who: ['files:read'],
      answers: { 200: media('application/octet-stream', 'of the type that it was uploaded as') },
    },
    'GET /api/reports/:file_id': {
      summary: 'A report of the agents’ team: Markdown, or its structure as JSON',
      who: ['files:read'],
      headers: { Accept: '`application/json` for the structure, `text/html` for its page' },
      answers: { 200: media('text/markdown', 'the report', z.string()), 303: null },
    },
    'DELETE /api/files/:id': {
      summary: 'Erase a file',
      who: ['files:write'],
      answers: { 204: null },
    },
  },
}
