import type { Generated, Selectable } from 'kysely'

/** Tables that live beside the log in the journal's database, written in the journal's commits. */
export interface Tables {
  thread: ThreadRow
  message: MessageTable
  run: RunRow
  idempotency: IdempotencyRow
  file: FileRow
  setting: SettingRow
}

export interface ThreadRow {
  id: string
  user_id: string
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
  id: string
  thread_id: string
  user_id: string
  run_id: string | null
  /** The message this one answers or follows; null at the start of a thread. */
  parent_id: string | null
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

export interface RunRow {
  id: string
  thread_id: string
  user_id: string
  state: RunState
  agent: string | null
  model: string | null
  client_message_id: string | null
  parent_message_id: string
  trace_id: string
  /** Only grows: an append with an older fence is refused. */
  fence: number
  attempt: number
  /** Milliseconds since the epoch by the store's clock; null when nobody owns the run. */
  lease_until: number | null
  cancel_requested: number
  created_at: string
  updated_at: string
}

export interface IdempotencyRow {
  user_id: string
  client_message_id: string
  payload_hash: string
  /** JSON of the first `ok`. */
  answer: string
  created_at: string
}

export interface FileRow {
  id: string
  user_id: string
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
