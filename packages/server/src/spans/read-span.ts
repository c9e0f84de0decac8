export type AttributeValue = string | number | boolean | readonly AttributeValue[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** A span as OTLP has it, however it was written. */
export interface ReadSpan {
  traceId: string
  name: string
  /** Nanoseconds since 1970; 0 when it is not said. */
  start: bigint
  end: bigint
  isError: boolean
  attributes: Attributes
  resource: Attributes
}

/** What a request held. */
export interface ReadRequest {
  spans: ReadSpan[]
  /** Spans that could not be read. */
  unreadable: number
}

/** The body is no OTLP at all; the message says what is wrong. */
export class NotOtlp extends Error {
  override readonly name = 'NotOtlp'
}

/** Arrays in arrays of an attribute's value. */
export const MOST_VALUE_DEPTH = 16
