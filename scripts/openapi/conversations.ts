import {
  attachmentSchema,
  clientMessageSchema,
  contentSchema,
  errorFrameSchema,
  okSchema,
  roleSchema,
  SERVER_MESSAGE_TYPES,
} from '@netra/protocol'
import { z } from 'zod'

import { deliveryReportSchema, threadSchema } from '../../packages/client/src/api-types.ts'
import * as events from '../../packages/server/src/gateway/http/events.ts'
import * as messages from '../../packages/server/src/gateway/http/messages.ts'
import * as threads from '../../packages/server/src/gateway/http/threads.ts'
import { media, time, type Area } from './route.ts'

const thread = threadSchema.extend({ object: z.literal('thread') })
const message = z.object({
  id: z.string(),
  object: z.literal('thread.message'),
  thread_id: z.string(),
  role: roleSchema,
  content: contentSchema,
  text: z.string(),
  attachments: z.array(attachmentSchema),
  parent_message_id: z.string().nullable(),
  run_id: z.string().nullable(),
  agent: z.string().nullable(),
  tools: z.array(z.record(z.string(), z.unknown())),
  created_at: time,
})
const page = z.object({ messages: z.array(message), before: z.string().nullable() })
export const begun = z.object({
  thread_id: z.string(),
  run_id: z.string(),
  position: z.string(),
  duplicate: z.boolean().optional(),
})
export const eventStream = media(
  'text/event-stream',
  'the events of the run, then `stream_end`; `Last-Event-ID` goes on',
)
const resume = { 'Last-Event-ID': 'goes on behind this event; nothing new is begun' }

export const conversations: Area = {
  name: 'Threads and messages',
  about: 'Conversations, and what is said in them.',
  routes: {
    'GET /api/threads': {
      summary: 'One’s conversations, newest activity first',
      who: ['chat:read'],
      query: threads.page,
      answers: { 200: z.array(thread) },
    },
    'POST /api/threads': {
      summary: 'Begin a conversation',
      who: ['chat:write'],
      body: threads.newThread,
      answers: { 201: thread },
    },
    'GET /api/threads/:id': {
      summary: 'One conversation',
      who: ['chat:read'],
      answers: { 200: thread },
    },
    'PUT /api/threads/:id': {
      summary: 'Rename or archive it',
      who: ['chat:write'],
      body: threads.change,
      answers: { 200: thread },
    },
    'DELETE /api/threads/:id': {
      summary: 'Erase it',
      who: ['chat:write'],
      answers: { 204: null },
    },
    'POST /api/threads/:id/auto-rename': {
      summary: 'Name it after the first thing that was said',
      who: ['chat:write'],
      answers: { 200: thread },
    },
    'GET /api/threads/:id/export': {
      summary: 'The conversation as a file',
      who: ['chat:read'],
      query: threads.exported,
      answers: { 200: media('text/markdown', 'or application/json') },
    },
    'GET /api/threads/:id/messages': {
      summary: 'What was said, a page at a time, oldest first',
      who: ['chat:read'],
      query: messages.page,
      answers: { 200: page },
    },
    'POST /api/threads/:id/messages': {
      summary: 'Say something; an agent begins to answer',
      who: ['chat:write'],
      body: messages.message,
      answers: { 202: begun },
    },
    'GET /api/threads/:id/delivery': {
      summary: 'Where the conversation’s events have got to, device by device',
      who: ['chat:read'],
      answers: { 200: deliveryReportSchema },
    },
    'GET /api/chat/messages': {
      summary: 'What was said, by the name that classic clients use',
      who: ['chat:read'],
      query: messages.classicPage,
      answers: { 200: page },
    },
    'POST /api/chat/messages': {
      summary: 'Say something, in a conversation or in a new one',
      who: ['chat:write'],
      body: messages.chatMessage,
      answers: { 202: begun },
    },
    'POST /api/chat/stream': {
      summary: 'Say something, and read the answer as it comes',
      who: ['chat:write', 'chat:read'],
      headers: resume,
      body: messages.chatMessage,
      answers: { 200: eventStream },
    },
    'GET /api/events': {
      summary: 'A stream by plain requests: streamed, or (Accept: application/json) as a long poll',
      who: ['chat:read'],
      headers: { 'Last-Event-ID': 'goes on behind this event' },
      query: events.asked,
      answers: {
        200: z.object({
          messages: z.array(z.object({ type: z.enum(SERVER_MESSAGE_TYPES) }).loose()),
          position: z.string().nullable(),
        }),
      },
    },
    'POST /api/commands': {
      summary: 'One message of the socket’s protocol by request',
      who: ['chat:write'],
      body: z.union(
        clientMessageSchema.options.filter(({ shape }) =>
          ['send_message', 'regenerate', 'cancel_run', 'decide'].includes(shape.type.value),
        ),
      ),
      answers: { 200: okSchema, 400: errorFrameSchema },
    },
  },
}
