/** The wire contract of Netra: the public face of the package. Everything else is internal. */
export {
  CLOSE_CODES,
  closeCode,
  describeCloseCode,
  afterClose,
  comesBack,
  type AfterClose,
  type CloseCode,
  type CloseName,
} from './close-codes.ts'
export { ackSchema, type Ack } from './commands/ack.ts'
export { authenticateSchema, type Authenticate } from './commands/authenticate.ts'
export { cancelRunSchema, type CancelRun } from './commands/cancel-run.ts'
export {
  clientMessageSchema,
  CLIENT_MESSAGE_TYPES,
  type ClientMessage,
  type ClientMessageInput,
  type ClientMessageType,
} from './commands/client-message.ts'
export { decideSchema, type Decide } from './commands/decide.ts'
export { helloSchema, type Hello } from './commands/hello.ts'
export { regenerateSchema, type Regenerate } from './commands/regenerate.ts'
export { sendMessageSchema, type SendMessage } from './commands/send-message.ts'
export { subscribeSchema, type Subscribe } from './commands/subscribe.ts'
export { unsubscribeSchema, type Unsubscribe } from './commands/unsubscribe.ts'
export {
  textPartSchema,
  contentSchema,
  attachmentSchema,
  usageSchema,
  costSchema,
  roleSchema,
  runStateSchema,
  isoTimeSchema,
  textOf,
  type TextPart,
  type Content,
  type Attachment,
  type Usage,
  type Cost,
  type Role,
  type RunState,
} from './content.ts'
export {
  ERROR_CODES,
  AGENT_FAILURE_CODES,
  RETRIES,
  errorCodeSchema,
  agentFailureCodeSchema,
  retrySchema,
  type ErrorCode,
  type AgentFailureCode,
  type Retry,
} from './errors.ts'
export { agentCompletedSchema, type AgentCompleted } from './events/agent-completed.ts'
export { agentFailedSchema, type AgentFailed } from './events/agent-failed.ts'
export { agentHandoffSchema, type AgentHandoff } from './events/agent-handoff.ts'
export { agentStartedSchema, type AgentStarted } from './events/agent-started.ts'
export { agentThinkingSchema, type AgentThinking } from './events/agent-thinking.ts'
export { approvalClosedSchema, type ApprovalClosed } from './events/approval-closed.ts'
export { approvalDecidedSchema, type ApprovalDecided } from './events/approval-decided.ts'
export { approvalRequestedSchema, type ApprovalRequested } from './events/approval-requested.ts'
export { approvalWaitingSchema, type ApprovalWaiting } from './events/approval-waiting.ts'
export { limitsChangedSchema, type LimitsChanged } from './events/limits-changed.ts'
export { messageAddedSchema, type MessageAdded } from './events/message-added.ts'
export { messageCompletedSchema, type MessageCompleted } from './events/message-completed.ts'
export { messageDeltaSchema, type MessageDelta } from './events/message-delta.ts'
export { runAcceptedSchema, type RunAccepted } from './events/run-accepted.ts'
export { runAttemptSchema, type RunAttempt } from './events/run-attempt.ts'
export { runCancelledSchema, type RunCancelled } from './events/run-cancelled.ts'
export { runStateChangedSchema, type RunStateChanged } from './events/run-state-changed.ts'
export {
  streamEventSchema,
  type StreamEvent,
  type UnknownEvent,
  type ReceivedEvent,
} from './events/stream-event.ts'
export { threadCreatedSchema, type ThreadCreated } from './events/thread-created.ts'
export { threadDeletedSchema, type ThreadDeleted } from './events/thread-deleted.ts'
export {
  threadEventSchema,
  TERMINAL_EVENT_TYPES,
  isTerminal,
  type ThreadEvent,
  type ThreadEventInput,
  type TerminalEvent,
} from './events/thread-event.ts'
export { threadUpdatedSchema, type ThreadUpdated } from './events/thread-updated.ts'
export {
  toolStatusSchema,
  toolCompletedSchema,
  type ToolStatus,
  type ToolCompleted,
} from './events/tool-completed.ts'
export { toolExecutingSchema, type ToolExecuting } from './events/tool-executing.ts'
export { toolProgressSchema, type ToolProgress } from './events/tool-progress.ts'
export {
  userEventSchema,
  isUserEvent,
  type UserEvent,
  type UserEventInput,
} from './events/user-event.ts'
export { checkAnswer, type AnswerProblems } from './form/check-answer.ts'
export {
  isWebAddress,
  questionProblem,
  readForm,
  type FormField,
  type Option,
} from './form/form-fields.ts'
export {
  answerActionSchema,
  changeSchema,
  questionSchema,
  type AnswerAction,
  type Change,
  type Question,
} from './form/question.ts'
export { DeltaGap } from './fold/delta-gap.ts'
export { foldThread } from './fold/fold-thread.ts'
export { foldUser } from './fold/fold-user.ts'
export {
  threadMessageSchema,
  thoughtSchema,
  attemptSchema,
  handoffSchema,
  timelineEntrySchema,
  outcomeSchema,
  runSchema,
  toolCallSchema,
  approvalSchema,
  threadStateSchema,
  emptyThreadState,
  type ThreadMessage,
  type Thought,
  type Attempt,
  type Handoff,
  type TimelineEntry,
  type Outcome,
  type Run,
  type ToolCall,
  type Approval,
  type ThreadState,
} from './fold/thread-state.ts'
export {
  listedThreadSchema,
  openRunSchema,
  waitingApprovalSchema,
  userStateSchema,
  emptyUserState,
  type ListedThread,
  type OpenRun,
  type WaitingApproval,
  type UserState,
} from './fold/user-state.ts'
export { windowThread, snapshotOfThread, snapshotOfUser } from './fold/window.ts'
export { authenticatedSchema, type Authenticated } from './frames/authenticated.ts'
export { authenticationDueSchema, type AuthenticationDue } from './frames/authentication-due.ts'
export { errorFrameSchema, type ErrorFrame } from './frames/error.ts'
export { eventFrameSchema, type EventFrame } from './frames/event.ts'
export { goawaySchema, type Goaway } from './frames/goaway.ts'
export { liveSchema, type Live } from './frames/live.ts'
export { okSchema, type Ok } from './frames/ok.ts'
export { resetSchema, type Reset } from './frames/reset.ts'
export {
  serverMessageSchema,
  SERVER_MESSAGE_TYPES,
  type ServerMessage,
  type ServerMessageInput,
  type ServerMessageType,
} from './frames/server-message.ts'
export {
  snapshotSchema,
  threadSnapshotSchema,
  userSnapshotSchema,
  type Snapshot,
} from './frames/snapshot.ts'
export {
  heartbeatSettingsSchema,
  limitsSchema,
  resumedStreamSchema,
  welcomeSchema,
  type Welcome,
  type SocketLimits,
} from './frames/welcome.ts'
export {
  clientPingSchema,
  serverPingSchema,
  pongSchema,
  type ClientPing,
  type ServerPing,
  type Pong,
} from './heartbeat.ts'
export {
  userIdSchema,
  threadIdSchema,
  runIdSchema,
  messageIdSchema,
  toolCallIdSchema,
  eventIdSchema,
  traceIdSchema,
  fileIdSchema,
  connectionIdSchema,
  deviceIdSchema,
  instanceIdSchema,
  clientMessageIdSchema,
  requestIdSchema,
  type UserId,
  type ThreadId,
  type RunId,
  type MessageId,
  type ToolCallId,
  type EventId,
  type TraceId,
  type FileId,
  type ConnectionId,
  type DeviceId,
  type InstanceId,
  type ClientMessageId,
  type RequestId,
} from './ids.ts'
export {
  MAX_CLIENT_FRAME_BYTES,
  MAX_UNAUTHENTICATED_FRAME_BYTES,
  MAX_JSON_DEPTH,
  MAX_RESUME_STREAMS,
  HELLO_TIMEOUT_MS,
  WINDOW_BYTES,
  WINDOW_EVENTS,
  SLOW_CONSUMER_MS,
  ACK_EVERY_BYTES,
  ACK_EVERY_EVENTS,
  ACK_EVERY_MS,
  HEARTBEAT_INTERVAL_MS,
  HEARTBEAT_TIMEOUT_MS,
  MAX_REPLAY_EVENTS,
  SNAPSHOT_MESSAGES,
  MAX_SNAPSHOT_BYTES,
  MAX_INLINE_RESULT_BYTES,
  MAX_ERRORS_PER_MINUTE,
  BACKOFF_MIN_MS,
  BACKOFF_MAX_MS,
} from './limits.ts'
export { parseClientFrame, type ParsedClientFrame } from './parse-client-frame.ts'
export { parseServerFrame, type ParsedServerFrame } from './parse-server-frame.ts'
export { readClientObject, type ReadClientObject, type RefusedFrame } from './read-client-object.ts'
export {
  positionSchema,
  claimedPositionSchema,
  parsePosition,
  formatPosition,
  type Position,
  type PositionParts,
} from './position.ts'
export {
  streamNameSchema,
  threadStream,
  userStream,
  parseStreamName,
  type StreamName,
  type ParsedStreamName,
} from './stream-name.ts'
export {
  VERSION_HISTORY,
  PROTOCOL_VERSION,
  OLDEST_SERVED_VERSION,
  SUBPROTOCOL,
  isServedVersion,
} from './version.ts'
export { utf8Length } from './json-shape.ts'
