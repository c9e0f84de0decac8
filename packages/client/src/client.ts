/** Netra's SDK: the public face for browsers and programs. `node.ts` adds Node's transport. */
export { NetraClient } from './netra-client.ts'
export type { NetraClientOptions } from './netra-client.ts'
export type { Accepted, Decision, MessageToRegenerate, MessageToSend } from './wishes.ts'
export { HttpApi } from './http.ts'
export type { AdminApi } from './http.ts'
export { EntranceApi } from './entrance-api.ts'
export { AccountApi } from './account-api.ts'
export { UsersApi } from './users-api.ts'
export { ApprovalsApi, type UnaskedTool, type WaitingCall } from './approvals-api.ts'
export {
  McpApi,
  type McpServer,
  type McpServerTool,
  type McpServerWish,
  type McpSignIn,
} from './mcp-api.ts'
export { MemoryApi, type MemoryState, type Note } from './memory-api.ts'
export {
  MoreAgentsApi,
  type MoreAgents,
  type OwnAgentFile,
  type RemoteAgent,
} from './more-agents-api.ts'
export { OperationsApi } from './operations-api.ts'
export {
  ReportApi,
  type AdoptedPlan,
  type PlanChange,
  type PlanStep,
  type Report,
  type ReportBlock,
  type ReportFact,
} from './report-api.ts'
export { SpendingApi } from './spending-api.ts'
export type {
  AllSpending,
  BudgetLimits,
  Budgets,
  BudgetState,
  Spending,
  SpendingTotals,
} from './spending-api.ts'
export {
  WorkloadApi,
  type ColumnMapping,
  type FileMapping,
  type FileReading,
  type KeptCalls,
} from './workload-api.ts'
export type {
  Breaker,
  Dashboard,
  ErrorGroups,
  ServiceLevel,
  ServiceMode,
} from './operations-api.ts'
export { challengeSchema } from './account-types.ts'
export type {
  Account,
  ApiKey,
  AuditEntry,
  CreatedApiKey,
  ListedUser,
  LoginSession,
  OneTimeLink,
  Registration,
  Retention,
  TwoFactorSetup,
} from './account-types.ts'
export type { HttpOptions } from './http-request.ts'
export type { RunTimeline, Seen } from './timeline-types.ts'
export { newTraceparent, traceIdOf } from './traceparent.ts'
export type { UploadProgress } from './upload.ts'
export { ApiError } from './api-error.ts'
export type { FieldProblem } from './api-error.ts'
export { ClientStopped, CommandError, SignedOut, StreamEnded } from './client-error.ts'
export { ticketCredentials, tokenCredentials } from './credentials.ts'
export type { Credentials } from './credentials.ts'
export { TokenSession } from './token-session.ts'
export { isConnected } from './connection-state.ts'
export type { ConnectionState, Loss } from './connection-state.ts'
export { whenStore } from './store.ts'
export type { Store } from './store.ts'
export type { LiveStream, StreamView } from './live-stream.ts'
export type { StreamItem, StreamPhase } from './stream-reader.ts'
export type { ThreadStream, UserStream } from './streams.ts'
export type { PendingCommand } from './outbox.ts'
export type { OutboxEntry, OutboxStorage } from './outbox-storage.ts'
export { indexedOutbox } from './indexed-outbox.ts'
export type { IndexedOutboxOptions } from './indexed-outbox.ts'
export { webSocketTransport } from './transport.ts'
export type { Socket, SocketHandlers, Transport } from './transport.ts'
export { httpTransport } from './http-socket/http-transport.ts'
export type { HttpAddresses, HttpTransportOptions } from './http-socket/http-transport.ts'
export { sharedTransport } from './shared-socket/shared-transport.ts'
export type { SharedTransportOptions } from './shared-socket/shared-transport.ts'
export type { OpenRequest } from './shared-socket/port-messages.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export type {
  Agent,
  ConnectionTest,
  CreatedInvitation,
  DeliveryReport,
  Invitation,
  MessagePage,
  Model,
  ModelConnection,
  ModelConnections,
  Models,
  ServerConfig,
  Refreshed,
  SignedIn,
  SocketTicket,
  StoredFile,
  Thread,
  User,
} from './api-types.ts'
