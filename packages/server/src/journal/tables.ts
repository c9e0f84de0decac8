import type { Generated, Selectable } from 'kysely'

import type {
  FileId,
  MessageId,
  RunId,
  ThreadId,
  ToolCallId,
  TraceId,
  UserId,
} from '../platform/ids.ts'

/** Tables that live beside the log in the journal's database, written in the journal's commits. */
export interface Tables {
  thread: ThreadRow
  message: MessageTable
  run: RunTable
  idempotency: IdempotencyRow
  file: FileRow
  setting: SettingRow
  snapshot: SnapshotRow
  approval: ApprovalRow
  run_timeline: TimelineRow
  run_seen: SeenRow
}

export interface ThreadRow {
  id: ThreadId
  user_id: UserId
  title: string
  /** 1 once a person named it: no title is made up for it any more. */
  titled: number
  archived: number
  message_count: number
  metadata: string
  created_at: string
  updated_at: string
}

export interface MessageTable {
  /** A UUIDv7: ids of one thread sort in the order in which its messages were made. */
  id: MessageId
  thread_id: ThreadId
  user_id: UserId
  run_id: RunId | null
  /** The message this one answers or follows; null at the start of a thread. */
  parent_id: MessageId | null
  role: 'user' | 'assistant'
  text: string
  /** `text` in lower case, for search. */
  search_text: string
  /** JSON: [{file_id, name, media_type, bytes}] */
  attachments: string
  /** JSON: the tool calls behind an assistant's message, oldest first, large results cut. */
  tools: Generated<string>
  created_at: string
}

/** A message as it is read. */
export type MessageRow = Selectable<MessageTable>

export type RunState = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'

export interface RunTable {
  id: RunId
  thread_id: ThreadId
  user_id: UserId
  state: RunState
  agent: string | null
  model: string | null
  client_message_id: string | null
  parent_message_id: MessageId
  trace_id: TraceId
  /** Only grows: an append with an older fence is refused. */
  fence: number
  attempt: number
  /** Attempts in a row that ended with their process and got no step done. */
  tries: Generated<number>
  /** Milliseconds since the epoch by the store's clock; null when nobody owns the run. */
  lease_until: number | null
  cancel_requested: number
  /** Why the run waits for a person; null when it does not. */
  waiting_for: string | null
  /** 1 once the deltas of its messages were folded into one each. */
  compacted: number
  created_at: string
  updated_at: string
}

/** A run as it is read. */
export type RunRow = Selectable<RunTable>

export interface IdempotencyRow {
  user_id: UserId
  client_message_id: string
  payload_hash: string
  /** JSON of the first `ok`. */
  answer: string
  created_at: string
}

export interface FileRow {
  id: FileId
  user_id: UserId
  name: string
  media_type: string
  bytes: number
  sha256: string
  origin: string
  created_at: string
}

export interface SettingRow {
  key: string
  value: string
  updated_at: string
}

/** The fold of a stream at one position, kept so that the next one need not begin at the start. */
export interface SnapshotRow {
  stream: string
  epoch: string
  seq: number
  state: string
  /** SHA-256 of the state in hex: one that does not match is ignored and made anew. */
  hash: string
  made_at: string
}

/** A tool call that waits for a person. */
export interface ApprovalRow {
  run_id: RunId
  tool_call_id: ToolCallId
  thread_id: ThreadId
  user_id: UserId
  tool_name: string
  /** JSON: exactly what will run. */
  arguments: string
  /** The fence under which it was asked; an answer must name it. */
  fence: number
  state: 'waiting' | 'approved' | 'denied' | 'expired'
  expires_at: string
  decided_by: string | null
  created_at: string
}

/** What a run's time went to; of the owner's, as the run is. */
export interface TimelineRow {
  run_id: RunId
  thread_id: ThreadId
  user_id: UserId
  /** JSON, as `run/timing` writes it. */
  timeline: string
}

/** What one browser said that its person waited. */
export interface SeenRow {
  run_id: RunId
  /** Tells browsers apart and nothing else. */
  device: string
  thread_id: ThreadId
  /** JSON. */
  seen: string
  at: string
}
