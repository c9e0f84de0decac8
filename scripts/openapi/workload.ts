import { storedFileSchema } from '../../packages/client/src/api-types.ts'
import {
  fileReadingSchema,
  keptCallsSchema,
  underWaySchema,
} from '../../packages/client/src/workload-api.ts'
import {
  mappingChange,
  snapshotWish,
  whichSpans,
} from '../../packages/server/src/gateway/http/workload.ts'
import { media, type Area } from './route.ts'

export const workload: Area = {
  name: 'Usage data',
  about: 'Tables read as usage of language models, and calls that applications send.',
  routes: {
    'GET /api/files/:id/workload': {
      summary: 'How a table is read: what it was recognised as, its mapping, the first rows',
      who: ['files:read'],
      answers: { 200: fileReadingSchema, 202: underWaySchema },
    },
    'PUT /api/files/:id/workload': {
      summary: 'Correct how a table is read, or with null go back',
      who: ['files:write'],
      body: mappingChange,
      answers: { 200: fileReadingSchema },
    },
    'POST /v1/traces': {
      summary: 'Send calls of language models (OTLP/HTTP, GenAI conventions)',
      who: ['usage:write'],
      headers: { 'Content-Encoding': '`gzip` for a packed body' },
      body: media(
        'application/x-protobuf',
        'an ExportTraceServiceRequest; also as application/json',
      ),
      answers: {
        200: media('application/x-protobuf', 'an ExportTraceServiceResponse; JSON to JSON'),
      },
    },
    'GET /api/workload/spans': {
      summary: 'What is kept of the calls of one’s applications, by service',
      who: ['files:read'],
      answers: { 200: keptCallsSchema },
    },
    'DELETE /api/workload/spans': {
      summary: 'Erase the calls of one’s applications: all, or those of a service or a period',
      who: ['files:write'],
      query: whichSpans,
      answers: { 204: null },
    },
    'POST /api/workload/snapshots': {
      summary: 'Make a file of the calls that Netra holds now',
      who: ['files:write'],
      body: snapshotWish,
      answers: { 201: storedFileSchema },
    },
  },
}
