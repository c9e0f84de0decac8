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
  approval_asked: ApprovalAskedRow
  tool_unasked: ToolUnaskedRow
  run_timeline: TimelineRow
  run_seen: SeenRow
  note: NoteRow
  memory_choice: MemoryChoiceRow
  workload_mapping: WorkloadMappingRow
  plan: PlanRow
  span_batch: SpanBatchRow
  span_service: SpanServiceRow
  thread_summary: ThreadSummaryRow
  mcp_server: McpServerRow
  mcp_consent: McpConsentRow
  mcp_token: McpTokenRow
  mcp_oauth_client: McpOauthClientRow
  mcp_oauth_state: McpOauthStateRow
  model_call: ModelCallRow
  spent: SpentRow
  budget: BudgetRow
  budget_told: BudgetToldRow
  stop_order: StopOrderRow
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
  /** Milliseconds since the epoch by the store's clock; null when nobody owns the run, 0 when its owner gave it up in order. */
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

/** One asking, under one fence: what was told beside the call, and the answer. */
export interface ApprovalAskedRow {
  run_id: RunId
  tool_call_id: ToolCallId
  fence: number
  thread_id: ThreadId
  user_id: UserId
  /** Who asks. */
  agent: string | null
  /** Whose tool it is, in words; null: Netra's own. */
  server: string | null
  /** JSON; null: whether the call may run. */
  question: string | null
  /** JSON: what the call would change. */
  change: string | null
  /** 1: an earlier attempt began the call and did not see its end. */
  interrupted: number
  /** The tool's own, given back with the answer. */
  state: string | null
  /** What a yes holds for. */
  bound_to: string | null
  asked_at: string
  action: 'accept' | 'decline' | 'cancel' | null
  /** JSON: what was filled in. */
  content: string | null
  reason: string | null
  decided_by: string | null
  decided_at: string | null
}

/** A tool that may write or spend without a question each time: its person said so. */
export interface ToolUnaskedRow {
  user_id: UserId
  tool_name: string
  /** The hash of what the tool said of itself then; of another the person is asked again. */
  definition: string
  at: string
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

/** One call of a model, as the provider counted it or as near as is known. */
export interface ModelCallRow {
  id: string
  run_id: RunId
  thread_id: ThreadId
  user_id: UserId
  /** Who of the team called. */
  agent: string | null
  /** `<provider>/<model>` */
  model: string
  /** When it began; ISO 8601, UTC. */
  at: string
  /** From the request to the last word, milliseconds. */
  ms: number
  status: 'ok' | 'error' | 'cancelled'
  /** All of the prompt, what came from the provider's cache included. */
  input_tokens: number
  cached_input_tokens: number
  /** All that was written, reasoning included. */
  output_tokens: number
  /** 1: the call broke off before the provider counted, so its tokens are estimated from the text. */
  estimated: number
  /** US dollars; null when no price is known. */
  cost_usd: number | null
}

/** What one person's calls came to in a day (`2026-11-21`) or month (`2026-11`), UTC. */
export interface SpentRow {
  period: string
  /** '' adds up whoever is removed. */
  user_id: UserId
  tokens: number
  /** Of the calls whose price is known. */
  cost_usd: number
  calls: number
  /** Calls without a known price. */
  unpriced: number
}

/** How much may be spent by whom. */
export interface BudgetRow {
  /** `everyone` together, `role:user` or `role:admin` each, `user:<id>`. */
  scope: string
  /** JSON: limit → number; null lifts the role's. */
  limits: string
  updated_at: string
  updated_by: string
}

/** A warning that a person had: none is given twice. */
export interface BudgetToldRow {
  user_id: UserId
  budget: string
  period: string
  percent: number
  at: string
}

/** Nothing runs while it stands. */
export interface StopOrderRow {
  /** `everyone`, or `user:<id>`. */
  scope: string
  /** For the people it stops. */
  why: string
  by_user: string
  at: string
}

/** An MCP server that somebody connected. */
export interface McpServerRow {
  id: string
  /** Whose it is; '' for one that an administrator connected for all. */
  user_id: UserId | ''
  /** Begins the names of its tools. */
  slug: string
  name: string
  transport: 'http' | 'stdio'
  url: string | null
  /** JSON: the program and its arguments. */
  command: string | null
  /** Sealed JSON: headers of requests, variables of the program. */
  secrets: string | null
  /** 1: what it says of its tools that only read is believed. */
  trusted: number
  enabled: number
  /** Of one call. */
  timeout_ms: number
  /** JSON: what it last said of itself. */
  about: string
  /** Why its tools could not be asked for the last time. */
  problem: string | null
  created_by: UserId
  created_at: string
  updated_at: string
  looked_at: string | null
}

/** One tool of an MCP server: as it is now, and as somebody agreed to it. */
export interface McpConsentRow {
  server_id: string
  tool: string
  /** Null once it is gone. */
  seen_hash: string | null
  /** JSON: its definition. */
  seen: string | null
  seen_at: string
  pinned_hash: string | null
  pinned: string | null
  pinned_by: UserId | null
  pinned_at: string | null
  /** Whether each call is asked for; `default` follows what the tool says of itself. */
  asks: 'default' | 'always' | 'never'
}

/** How one person is signed in to one MCP server. */
export interface McpTokenRow {
  user_id: UserId
  server_id: string
  /** Sealed JSON; null: signed in no more. */
  sealed: string | null
  scope: string | null
  /** JSON: what the next sign-in asks for. */
  wanted: string | null
  /** Why they have to sign in again. */
  problem: string | null
  /** Who renews the tokens, until when. */
  claim: string | null
  claimed_until: string | null
  created_at: string
  updated_at: string
}

/** What Netra is known as where the tokens of an MCP server come from. */
export interface McpOauthClientRow {
  server_id: string
  /** '' for one that somebody entered by hand. */
  issuer: string
  sealed: string
  updated_at: string
}

/** A sign-in to an MCP server, between leaving and coming back. */
export interface McpOauthStateRow {
  state_hash: string
  user_id: UserId
  server_id: string
  browser_hash: string
  sealed: string
  /** Good once: by whom it was used. */
  taken_by: string | null
  expires_at: string
}

/** What agents are told of a person in every conversation. */
export interface NoteRow {
  id: string
  user_id: UserId
  kind: 'instruction' | 'fact'
  text: string
  /** Where an agent learned it; null when the person wrote it. */
  thread_id: ThreadId | null
  agent: string | null
  created_at: string
  updated_at: string
}

/** A person without a row has not said: their memory is on. */
export interface MemoryChoiceRow {
  user_id: UserId
  is_on: number
}

/** What a model made of the oldest messages of a thread, up to one of them. */
export interface ThreadSummaryRow {
  thread_id: ThreadId
  through_message_id: MessageId
  user_id: UserId
  /** How many it stands for. */
  messages: number
  text: string
  model: string
  created_at: string
}

/** A plan that a person adopted. */
export interface PlanRow {
  id: string
  user_id: UserId
  thread_id: ThreadId
  run_id: RunId
  title: string
  /** JSON. */
  steps: string
  /** JSON: what it saves, for which time, and its report. */
  about: string | null
  created_at: string
}

/** How a person said that a file of theirs is to be read. */
export interface WorkloadMappingRow {
  file_id: FileId
  user_id: UserId
  /** JSON. */
  mapping: string
  updated_at: string
}

/** Calls of models that an application of a person's sent in one request. */
export interface SpanBatchRow {
  id: string
  user_id: UserId
  received_at: string
  /** Of the earliest and the latest call in it. */
  first_at: string
  last_at: string
  spans: number
  /** Of `body`. */
  bytes: number
  /** Base64 of gzip of one JSON object a line, in the workload's columns. */
  body: string
}

/** How many calls of a batch one service made. */
export interface SpanServiceRow {
  batch_id: string
  user_id: UserId
  /** `service.name`; '' of what gives none. */
  service: string
  spans: number
  first_at: string
  last_at: string
}
