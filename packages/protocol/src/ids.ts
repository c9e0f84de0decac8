import { z } from 'zod'

/**
 * Ids are opaque text of 1 to 128 characters. What Netra makes is a UUIDv7, but a user id comes from
 * wherever the account comes from; no pattern refuses one and nothing reads one as a number.
 */
const id = () => z.string().min(1).max(128)

export const userIdSchema = id().brand<'UserId'>()
export const threadIdSchema = id().brand<'ThreadId'>()
export const runIdSchema = id().brand<'RunId'>()
export const messageIdSchema = id().brand<'MessageId'>()
export const toolCallIdSchema = id().brand<'ToolCallId'>()
export const eventIdSchema = id().brand<'EventId'>()
export const traceIdSchema = id().brand<'TraceId'>()
export const fileIdSchema = id().brand<'FileId'>()
export const connectionIdSchema = id().brand<'ConnectionId'>()
export const deviceIdSchema = id().brand<'DeviceId'>()
export const instanceIdSchema = id().brand<'InstanceId'>()
export const clientMessageIdSchema = id().brand<'ClientMessageId'>()
/** Chosen by the client; the answer to its message carries the same one. */
export const requestIdSchema = id().brand<'RequestId'>()

export type UserId = z.infer<typeof userIdSchema>
export type ThreadId = z.infer<typeof threadIdSchema>
export type RunId = z.infer<typeof runIdSchema>
export type MessageId = z.infer<typeof messageIdSchema>
export type ToolCallId = z.infer<typeof toolCallIdSchema>
export type EventId = z.infer<typeof eventIdSchema>
export type TraceId = z.infer<typeof traceIdSchema>
export type FileId = z.infer<typeof fileIdSchema>
export type ConnectionId = z.infer<typeof connectionIdSchema>
export type DeviceId = z.infer<typeof deviceIdSchema>
export type InstanceId = z.infer<typeof instanceIdSchema>
export type ClientMessageId = z.infer<typeof clientMessageIdSchema>
export type RequestId = z.infer<typeof requestIdSchema>
